package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

// longestCompletion is how long a key may wait for the store of the state.
const longestCompletion = 2 * time.Second

// completes reports whether a shell asks what a word could become.
func completes(args []string) bool {
	return len(args) > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// complete answers a shell. cobra knows flags with two dashes, and a word that begins with one
// gets flags with one: the shell would drop the others as not alike.
func (a *app) complete(root *cobra.Command, args []string) error {
	word := args[len(args)-1]
	single := strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--")
	args = goFlags(args)
	if single {
		args[len(args)-1] = "-" + word
	}
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(args)
	err := root.Execute()
	for line := range strings.Lines(out.String()) {
		if single {
			line = strings.Replace(line, "--", "-", 1)
		}
		if _, problem := a.out.Write([]byte(line)); problem != nil {
			return problem
		}
	}
	return err
}

// suggest is what completes the value of a flag or an argument.
type suggest = cobra.CompletionFunc

// suggestFiles leaves it to the shell, which knows files.
func suggestFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
}

// suggestWords offers fixed words.
func suggestWords(words ...string) suggest {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// stored reads the state for a shell, and says nothing of what goes wrong.
func (a *app) stored(cmd *cobra.Command, read func(context.Context, *engine.Loaded) []string) ([]string, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, done := context.WithTimeout(ctx, longestCompletion)
	defer done()
	w := a.world()
	w.Warn = nil
	l, diags, err := engine.Load(w, engine.Inputs{}, engine.Settings())
	if err != nil || diags.HasErrors() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return read(ctx, l), cobra.ShellCompDirectiveNoFileComp
}

// suggestAddresses offers what the state knows: records, or their holders.
func (a *app) suggestAddresses(holders bool) suggest {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return a.stored(cmd, func(ctx context.Context, l *engine.Loaded) []string {
			d, err := l.Stored(ctx)
			if err != nil {
				return nil
			}
			var all []string
			for _, r := range d.Grants {
				if holders {
					all = append(all, r.Holder.Address())
				} else {
					all = append(all, string(r.Address()))
				}
			}
			slices.Sort(all)
			return slices.Compact(all)
		})
	}
}

// suggestRuns offers the runs of the history, the latest first.
func (a *app) suggestRuns(more ...string) suggest {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.stored(cmd, func(ctx context.Context, l *engine.Loaded) []string {
			told, err := l.History(ctx)
			if err != nil {
				return nil
			}
			all := slices.Clone(more)
			for _, run := range slices.Backward(state.Runs(told.Entries)) {
				all = append(all, cobra.CompletionWithDesc(run.ID, view.RunTitle(run)))
			}
			return all
		})
	}
}
