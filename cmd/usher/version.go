package main

import "github.com/spf13/cobra"

func newVersion(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		Run: func(*cobra.Command, []string) { a.stdout().Say("usher v%s", version) },
	}
}
