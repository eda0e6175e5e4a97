package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// TestDrops: a name goes out of a list or a table in any layout, and all others stay, with
// the comments of their lines.
func TestDrops(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "names")
		table := rapid.Bool().Draw(t, "a table")
		file, text, lines := "list.hcl", "", []int(nil)
		if table {
			file = "list.csv"
			text, lines = tableOf(t, n)
		} else {
			text, lines = listOf(t, n)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := NewDraft(dir)
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for i := range n {
			if !rapid.Bool().Draw(t, "goes") {
				left = append(left, name(i))
				continue
			}
			if err := d.Drop(ledger.Origin{File: file, Line: lines[i]}, strings.ToUpper(name(i))); err != nil {
				t.Fatalf("%s of\n%s: %v", name(i), text, err)
			}
		}
		after := text
		if len(left) < n {
			after = string(d.Text(file))
		}
		if got := namesIn(t, file, after); !slices.Equal(got, left) {
			t.Fatalf("%v are left, want %v, of\n%s\nthat is now\n%s", got, left, text, after)
		}
		for _, kept := range append(left, "0") { // 0 is of the list itself
			if c := "# about " + kept; strings.Contains(text, c) && !strings.Contains(after, c) {
				t.Fatalf("%q is lost from\n%s\nthat is now\n%s", c, text, after)
			}
		}
	})
}

func name(i int) string { return fmt.Sprintf("n%d@contoso.com", i+1) }

// listOf writes a list of names, and says on which line each of them is.
func listOf(t *rapid.T, n int) (text string, lines []int) {
	var b strings.Builder
	b.WriteString("# about 0\nassignment \"a\" {\n  users = [")
	for i := range n {
		if rapid.Bool().Draw(t, "a new line") {
			b.WriteString("\n    ")
		} else if i > 0 {
			b.WriteString(strings.Repeat(" ", rapid.IntRange(0, 2).Draw(t, "blanks")))
		}
		lines = append(lines, strings.Count(b.String(), "\n")+1)
		fmt.Fprintf(&b, "%q", name(i))
		if i < n-1 || rapid.Bool().Draw(t, "a last comma") {
			b.WriteString(",")
		}
		if rapid.Bool().Draw(t, "a comment") {
			b.WriteString(" # about " + name(i) + "\n")
		}
	}
	b.WriteString(rapid.SampledFrom([]string{"]\n}\n", "\n  ]\n}\n", " ]\n}"}).Draw(t, "the end"))
	return b.String(), lines
}

// tableOf writes a table of names, and says on which line each of them is.
func tableOf(t *rapid.T, n int) (text string, lines []int) {
	comma := rapid.SampledFrom([]string{",", ";", "\t"}).Draw(t, "a delimiter")
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "an end of line")
	var b strings.Builder
	b.WriteString(rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "a mark"))
	if rapid.Bool().Draw(t, "sep") {
		b.WriteString("sep=" + comma + end)
	}
	b.WriteString("Name" + comma + "userPrincipalName" + end)
	for i := range n {
		if rapid.Bool().Draw(t, "a blank row") {
			b.WriteString(comma + end)
		}
		b.WriteString(rapid.SampledFrom([]string{"x", "\"two\nlines\"", "\"a" + comma + "b\""}).Draw(t, "a cell") + comma)
		lines = append(lines, strings.Count(b.String(), "\n")+1)
		b.WriteString(name(i))
		if i < n-1 || rapid.Bool().Draw(t, "a last end") {
			b.WriteString(end)
		}
	}
	return b.String(), lines
}

// namesIn reads the names of a list or a table.
func namesIn(t *rapid.T, file, text string) []string {
	var all []string
	if strings.HasSuffix(file, ".csv") {
		u, err := newUserReader(bytes.NewReader([]byte(text)), "")
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		for {
			name, _, err := u.next()
			if err != nil {
				return all
			}
			all = append(all, name)
		}
	}
	f, diags := hclsyntax.ParseConfig([]byte(text), file, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v in\n%s", diags, text)
	}
	users := f.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes["users"].Expr.(*hclsyntax.TupleConsExpr)
	for _, x := range users.Exprs {
		name, _ := literalText(x)
		all = append(all, name)
	}
	return all
}
