package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/usher-cli/usher/ledger/slips"
)

// elsewhere are verbs that people know from Terraform and that usher does not have, with
// what it has in their place.
func elsewhere() map[string]string {
	return map[string]string{
		"console":   "usher validate tells what is wrong with an expression, and usher plan what it comes to",
		"destroy":   "delete the blocks from the files and run usher apply: the guard shows how much that takes away",
		"get":       "usher has no modules: every *.hcl file of a directory is one configuration",
		"graph":     "usher plan -format=html draws the order of the calls",
		"import":    "declare what is there: usher apply adopts it, without a change in the tenant",
		"login":     "usher signs in with what the environment has, such as az login: usher doctor shows as whom",
		"output":    "usher plan -json and usher usage -json print documents for programs",
		"providers": "usher has no providers: the tenant block names the tenant",
		"refresh":   "usher reads the tenant for every plan: usher drift shows what somebody changed",
		"state mv":  "usher knows people and groups by their ids: a new name in the files needs no move",
		"taint":     "usher repeats nothing that is there: take the line out, apply, and put it back",
		"test":      "usher validate checks the files, and usher plan -simulate plans them without a tenant",
		"untaint":   "usher repeats nothing that is there, so there is nothing to untaint",
		"workspace": "usher has no workspaces: each tenant has a directory and a state of its own, and -chdir chooses one",
	}
}

// unknownCommand names the command that was probably meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	_, path, _ := strings.Cut(cmd.CommandPath()+" "+name, " ") // without usher itself
	if way, known := elsewhere()[path]; known {
		return fmt.Errorf("there is no command %q: %s", name, way)
	}
	cmd.SuggestionsMinimumDistance = min(2, len(name)/2) // mv is no slip for rm
	if alike := cmd.SuggestionsFor(name); len(alike) > 0 {
		return fmt.Errorf("there is no command %q: did you mean %s %s?", name, cmd.CommandPath(), strings.Join(alike, " or "))
	}
	return fmt.Errorf("there is no command %q: %s -help lists the commands", name, cmd.CommandPath())
}

// unknownFlag names the flag that was probably meant.
func unknownFlag(cmd *cobra.Command, err error) error {
	text := strings.Replace(err.Error(), "--", "-", 1)
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) {
		return fmt.Errorf("%s: see %s -help", text, cmd.CommandPath())
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	best := slips.MostLike(missing.GetSpecifiedName(), known, 2)
	if best == "" {
		return fmt.Errorf("%s: see %s -help", text, cmd.CommandPath())
	}
	return fmt.Errorf("%s: did you mean -%s?", text, best)
}

// planLockFlag takes what is written for Terraform: a plan of usher needs no lock.
func planLockFlag(cmd *cobra.Command) {
	cmd.Flags().Bool("lock", true, "as of Terraform; a plan takes no lock")
	cmd.Flags().String("lock-timeout", "", "as of Terraform; a plan waits for no lock")
}
