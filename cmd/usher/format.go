package main

import (
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/view"
)

// format is the option of commands that show a result: text for people, unless data for
// machines is asked for.
type format struct{ json bool }

// formatFlag adds the option. What is shown has a name, such as "the plan".
func (f *format) formatFlag(cmd *cobra.Command, result string) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print "+result+" as JSON")
}

// show shows a result on standard output.
func (a *app) show(f format, d view.Document) error {
	name := "text"
	if f.json {
		name = "json"
	}
	return view.Show(name, a.output(), d)
}

// words are the names that results are told with.
func (a *app) words() view.Words { return view.Words{ServicePlans: a.servicePlans, Files: a.files} }
