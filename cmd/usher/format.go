package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/forge"
	"github.com/usher-cli/usher/view"
)

// format is the options of commands that show a result: text for people, unless another
// format is asked for.
type format struct {
	json  bool
	name  string
	most  byteLimit // of Markdown
	known []string
}

// formatFlag adds the options. What is shown has a name, such as "the plan".
func (f *format) formatFlag(cmd *cobra.Command, result string) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print "+result+" as JSON, as -format=json does")
	if f.known == nil {
		f.known = view.Formats("")
	}
	cmd.Flags().StringVar(&f.name, "format", textFormat, "print "+result+" in a `FORMAT`: "+strings.Join(f.known, ", "))
	cmd.Flags().Var(&f.most, "max-bytes",
		"print Markdown of so many `BYTES` at most, or as a forge takes: azure, bitbucket, gitea, github, gitlab")
	cmd.PreRunE = func(*cobra.Command, []string) error { return f.checkFormat() }
}

// planFormatFlag is formatFlag for commands that show a plan.
func (f *format) planFormatFlag(cmd *cobra.Command) {
	f.known = view.Formats("plan")
	f.formatFlag(cmd, "the plan")
}

// usageFormatFlag is formatFlag for the command that shows what is used.
func (f *format) usageFormatFlag(cmd *cobra.Command) {
	f.known = view.Formats("usage")
	f.formatFlag(cmd, "the usage")
}

// fleetFormatFlag is formatFlag for the commands that show the results of a fleet.
func (f *format) fleetFormatFlag(cmd *cobra.Command, result string) {
	f.known = view.Formats("fleet")
	f.formatFlag(cmd, result)
}

const textFormat = "text"

// checkFormat refuses what is no format, before anything is asked of anybody.
func (f *format) checkFormat() error {
	switch {
	case !slices.Contains(f.known, f.name):
		return fmt.Errorf("-format=%s is no format here: there are %s", f.name, strings.Join(f.known, ", "))
	case f.json && f.name != textFormat && f.name != "json":
		return fmt.Errorf("-json and -format=%s are two formats: choose one", f.name)
	case f.most > 0 && f.name != "markdown":
		return errors.New("-max-bytes shortens Markdown: add -format=markdown")
	case f.json:
		f.name = "json"
	}
	return nil
}

// isText reports whether the result is for people who look on.
func (f *format) isText() bool { return f.name == textFormat }

// isJSON reports whether the result is for a program.
func (f *format) isJSON() bool { return f.name == "json" }

// show shows a result on standard output.
func (a *app) show(f format, d view.Document) error {
	out := a.output()
	out.MaxBytes = int(f.most)
	if d.At.IsZero() {
		d.At = a.now()
	}
	return view.Show(f.name, out, d)
}

// words are the names that results are told with.
func (a *app) words() view.Words {
	return view.Words{ServicePlans: a.servicePlans, Files: a.files, Full: a.full, Private: a.pseudonyms != nil}
}

// layoutFlags adds the options of how much text tells.
func (a *app) layoutFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.full, "full", false, "show every step and every notice, however many are alike")
	a.compactFlag(cmd)
}

// compactFlag adds the option for short warnings.
func (a *app) compactFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.compact, "compact-warnings", false, "print a warning in one line")
}

// byteLimit is a number of bytes, or that of a forge.
type byteLimit int

// forgeLimits are how many bytes of Markdown a comment may have. That of Bitbucket, which
// usher posts nothing to, is 32,768 in its API reference.
func forgeLimits() map[string]byteLimit {
	limits := map[string]byteLimit{"bitbucket": 30_000}
	for _, k := range []forge.Kind{forge.GitHub, forge.GitLab, forge.Azure, forge.Gitea} {
		limits[string(k)] = byteLimit(k.Limit())
	}
	return limits
}

// leastBytes is what a verdict and a few reasons need.
const leastBytes = 1000

// Set implements pflag.Value.
func (b *byteLimit) Set(text string) error {
	if limit, known := forgeLimits()[text]; known {
		*b = limit
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < leastBytes {
		return fmt.Errorf("it is a number of at least %d, or %s", leastBytes, strings.Join(slices.Sorted(maps.Keys(forgeLimits())), ", "))
	}
	*b = byteLimit(n)
	return nil
}

// String implements pflag.Value.
func (b *byteLimit) String() string {
	if *b == 0 {
		return ""
	}
	return strconv.Itoa(int(*b))
}

// Type implements pflag.Value.
func (b *byteLimit) Type() string { return "bytes" }
