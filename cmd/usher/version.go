package main

import (
	"regexp"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/view"
)

func newVersion(a *app) *cobra.Command {
	f := &format{}
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version, and what it was built from", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.show(*f, view.Version(builtFrom())) },
	}
	f.formatFlag(cmd, "the version")
	return cmd
}

// pseudoVersion is the commit, as far as it is named, and the date of a version that go
// install has made of one; "" where it is a released version.
func pseudoVersion(text string) (commit, date string) {
	const form = "20060102150405"
	m := regexp.MustCompile(`[-.](\d{14})-([0-9a-f]{12})(\+|$)`).FindStringSubmatch(text)
	if m == nil {
		return "", ""
	}
	at, err := time.Parse(form, m[1])
	if err != nil {
		return "", ""
	}
	return m[2], at.Format(time.RFC3339)
}

// builtFrom is what the Go tool has written into the program: also go install does that.
func builtFrom() view.Build {
	b := view.Build{Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	b.Commit, b.Date = pseudoVersion(info.Main.Version)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "GOOS":
			b.OS = s.Value
		case "GOARCH":
			b.Arch = s.Value
		}
	}
	return b
}
