package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// version of this usher; configurations can ask for one with
// required_version.
const version = "0.1.0"

// app is what the world gives to the commands.
type app struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	env      func(string) string
	printed  *output // out, while a command runs
	terminal bool    // out is a terminal
	columns  int     // of it; 0 for lines of any length
	progress bool    // err is a terminal
	besides  int     // columns of that

	files        map[string]*hcl.File // that were read, to show lines of
	servicePlans map[string]string    // names of service plans, by id, as far as they are known by now

	pause func(context.Context, time.Duration) error // waits between two tries of a forge; nil for the clock

	wire io.Writer // is told what is said to a simulated tenant, and what it answers; nil for nobody

	redact     string           // the file of the pseudonyms; "" where people are named
	pseudonyms *view.Pseudonyms // nil where people are named

	full      bool // text tells of everything
	compact   bool // a warning is a line
	documents bool // standard output is JSON
	chdir     string
	noColor   bool
	verbose   bool
}

// exitCode is an error that was reported already and only says how to exit.
type exitCode int

// Exit codes, the same for every command.
const (
	exitError   exitCode = 1 // bad input, or something failed before anything was done
	exitSteps   exitCode = 2 // there are steps, or drift
	exitRefused exitCode = 3 // a shortage, a gap, a guard or a slip forbids it
	exitPartial exitCode = 4 // something failed, was skipped or could not be read
	exitWaiting exitCode = 5 // only what people or the tenant have to finish is left
)

// Error implements error.
func (e exitCode) Error() string { return "exit" }

// run executes a command line and returns the process's exit code.
func (a *app) run(args []string) int {
	a.printed = newOutput(a.out)
	a.out = a.printed
	code := a.execute(args)
	if err := a.printed.Err(); err != nil {
		a.stderr().Page(view.Failure(fmt.Errorf("the output could not be written: %w", err)))
		if code == 0 || code == int(exitSteps) { // nobody may take what was cut off for an answer
			code = int(exitError)
		}
	}
	return code
}

// execute runs a command. A fault of usher's own is an error, and never looks like
// "there are steps".
func (a *app) execute(args []string) (exit int) {
	defer func() {
		if cause := recover(); cause != nil {
			a.stderr().Page(view.Failure(fmt.Errorf("usher met a fault of its own and stopped: %v. Run usher plan to see what is left, and report "+
				"this with the command and the version %s", cause, version)))
			exit = int(exitError)
		}
	}()
	root := a.command()
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.openPseudonyms() }
	run := root.Execute
	if completes(args) {
		run = func() error { return a.complete(root, args) }
	}
	root.SetArgs(goFlags(args))
	err := run()
	if problem := a.savePseudonyms(); problem != nil {
		a.stderr().Page(view.Failure(problem))
		err = cmp.Or(err, error(exitError))
	}
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	a.stderr().Page(view.Failure(err))
	return int(exitError)
}

func (a *app) command() *cobra.Command {
	root := parent("usher", "Keeps Power Automate and Microsoft 365 licenses as your repository says")
	root.Version, root.SilenceUsage, root.SilenceErrors = "v"+version, true, true
	root.SetVersionTemplate("usher {{.Version}}\n")
	root.SetFlagErrorFunc(unknownFlag)
	help := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && a.verbose { // as -v of other programs
			return a.show(format{name: textFormat}, view.Version(builtFrom()))
		}
		return help(cmd, args)
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	flags := root.PersistentFlags()
	flags.StringVar(&a.chdir, "chdir", ".", "work in `DIR` instead of the current directory")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "print the identity and every request on standard error")
	flags.BoolVar(&a.noColor, "no-color", false, "print no colours")
	root.AddCommand(
		newPlan(a), newApply(a), newShow(a), newDrift(a), newUsage(a), newExport(a), newExplain(a), newRequest(a), newReclaim(a),
		newValidate(a), newFmt(a), newDoctor(a), newState(a), newHistory(a), newUndo(a), newInit(a),
		newForceUnlock(a), newComment(a), newSandbox(a), newVersion(a), newMan(a),
	)
	root.AddCommand(fleetCommands(a)...)
	return root
}

// goFlags lets -flag mean --flag, as in Terraform: usher has no flags of one
// letter but -h.
func goFlags(args []string) []string {
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' {
			arg = "-" + arg
		}
		out = append(out, arg)
	}
	return out
}

func (a *app) color() bool { return a.terminal && !a.noColor && a.env("NO_COLOR") == "" }

func (a *app) output() view.Output {
	return view.Output{Writer: a.out, Colored: a.color(), Width: a.columns, Dir: a.chdir, Pseudonyms: a.pseudonyms,
		Full: a.full, Compact: a.compact}
}

// stdout lays out what a command says.
func (a *app) stdout() *view.Text { return view.NewText(a.output()) }

// stderr lays out what is said beside that.
func (a *app) stderr() *view.Text {
	colored := a.progress && !a.noColor && a.env("NO_COLOR") == ""
	return view.NewText(view.Output{Writer: a.err, Colored: colored, Width: a.besides, Pseudonyms: a.pseudonyms, Compact: a.compact})
}

func (a *app) progressLine() *view.Progress {
	if !a.progress {
		return view.NewProgress(nil)
	}
	return view.NewProgress(a.err)
}

// path resolves a path of the command line against -chdir.
func (a *app) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(a.chdir, p)
}

// argCount is cobra.RangeArgs with a message that shows the usage.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf(
				"%s takes %s, and %d were given: write %s",
				cmd.CommandPath(),
				argWords(least, most),
				len(args),
				strings.TrimSuffix(cmd.UseLine(), " [flags]"),
			)
		}
		return nil
	}
}

// argWords says how many arguments a command takes.
func argWords(least, most int) string {
	switch least {
	case most:
		return ledger.Count(least, "argument")
	case 0:
		return "at most " + ledger.Count(most, "argument")
	}
	return "at least " + ledger.Count(least, "argument")
}

// parent makes a command that only holds others: without one it shows its
// help, with one that it does not have it is an error.
func parent(use, short string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}}
}

// noArgs is cobra.NoArgs with a message that shows what was not expected.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return errors.New(cmd.CommandPath() + " takes no arguments, and was given " + strings.Join(args, " "))
	}
	return nil
}
