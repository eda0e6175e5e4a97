package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

// hides CODE COMMAND... is exits, and sees to it that nothing of what is said
// is a secret of the story or a token.
func hides(ts *testscript.TestScript, neg bool, args []string) {
	exits(ts, neg, args)
	secret := regexp.MustCompile(`never~shown|eyJ[A-Za-z0-9_-]{8}`)
	for _, stream := range []string{"stdout", "stderr"} {
		if found := secret.FindString(ts.ReadFile(stream)); found != "" {
			ts.Fatalf("%s says %q", stream, found)
		}
	}
}

// TestEveryVerbHidesSecrets: the stories of secrets run every verb that there is.
func TestEveryVerbHidesSecrets(t *testing.T) {
	var story []byte
	for _, name := range []string{"script/microsoft_no_secrets.txtar", "fleet/no_secrets.txtar"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		story = append(story, text...)
	}
	var ran []string
	for _, line := range strings.Split(string(story), "\n") {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "hides" && slices.Contains(words, "-v") {
			ran = append(ran, strings.Join(words[2:], " ")+" ")
		}
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		said := func(line string) bool { return strings.HasPrefix(line, c.CommandPath()+" ") }
		if c.Runnable() && !c.HasSubCommands() && !slices.ContainsFunc(ran, said) {
			t.Errorf("the story does not run %s", c.CommandPath())
		}
	}
	walk((&app{}).command())
}
