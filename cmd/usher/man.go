package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan makes the command by which packages get their manual. It is for those who make
// packages, so the help does not list it.
func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a directory", Args: argCount(1, 1), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error { return writeMan(a, cmd.Root(), a.path(args[0])) },
	}
}

// writeMan writes a page for each command. Their date is that of SOURCE_DATE_EPOCH, so that
// two people who make a package get the same one.
func writeMan(a *app, root *cobra.Command, dir string) error {
	at := a.now()
	if text := a.env("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("SOURCE_DATE_EPOCH is a number of seconds, and this is %q", text)
		}
		at = time.Unix(seconds, 0).UTC()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true
	return doc.GenManTree(root, &doc.GenManHeader{Title: "USHER", Section: "1", Date: &at, Source: "usher " + version, Manual: "usher"}, dir)
}
