package main

import (
	"runtime/debug"

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

// builtFrom is what the Go tool has written into the program: also go install does that.
func builtFrom() view.Build {
	b := view.Build{Version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
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
