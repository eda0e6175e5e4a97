package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestPlainWords counts in each page and in the help the words that stand in the
// place of a subject: prose with many of them has to be read twice. It also looks at
// the width of lines, and for code that ends in the middle of a line or goes on in the next.
func TestPlainWords(t *testing.T) {
	texts := map[string]string{"the help": helpOfAll()}
	for _, path := range []string{"../../README.md", "../../CHANGELOG.md", "../../CONTRIBUTING.md", "../../docs"} {
		err := filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
			if filepath.Ext(path) == ".md" && err == nil {
				var text []byte
				text, err = os.ReadFile(path)
				texts[path] = string(text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range texts {
		prose := withoutCode(text)
		words, vague := regexp.MustCompile(`[A-Za-z][A-Za-z'’-]*`).FindAllString(prose, -1), 0
		for _, w := range words {
			if slices.Contains([]string{"who", "whom", "whoever", "whose", "what", "whatever", "which", "whichever"}, strings.ToLower(w)) {
				vague++
			}
		}
		if most := max(1, len(words)/100); vague > most {
			t.Errorf("%s says who, what or which %d times in %d words: name the subject", name, vague, len(words))
		}
		for line := range strings.Lines(withoutBlocks(text)) {
			if len([]rune(line)) > 121 && line[0] != '|' && strings.Contains(line[:100], " ") && name != "the help" {
				t.Errorf("%s has a line of %d columns: %.60s…", name, len([]rune(line))-1, line)
			}
			if strings.Count(line, "`")%2 != 0 && name != "the help" {
				t.Errorf("%s has code that is broken by the end of a line: %s", name, line)
			}
		}
	}
}

// withoutBlocks drops blocks of code: a fence stands alone in its line.
func withoutBlocks(text string) string {
	return regexp.MustCompile("(?ms)^ *```[a-z]*\n.*?^ *```$").ReplaceAllString(text, "")
}

// withoutCode drops code.
func withoutCode(text string) string {
	return regexp.MustCompile("`[^`]*`").ReplaceAllString(withoutBlocks(text), "")
}

// helpOfAll is the help of every command.
func helpOfAll() string {
	var all strings.Builder
	a := &app{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, now: time.Now, env: func(string) string { return "" }}
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		all.WriteString(c.Short + "\n" + c.Long + "\n" + c.LocalFlags().FlagUsages())
		for _, sub := range c.Commands() {
			add(sub)
		}
	}
	add(a.command())
	return all.String()
}
