package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestExcept: people go into the list in any layout, and everything else stays.
func TestExcept(t *testing.T) {
	for name, c := range map[string]struct{ was, is string }{
		"none": {
			"assignment \"a\" {\n  users = [\"x@y.z\"] # one\n\n  members {\n    department = \"Sales\"\n  }\n}\n",
			"assignment \"a\" {\n  users  = [\"x@y.z\"] # one\n  except = [\"ada@y.z\"]\n\n  members {\n    department = \"Sales\"\n  }\n}\n",
		},
		"nothing else": {
			"assignment \"a\" {\n  members {\n    department = \"Sales\"\n  }\n}\n",
			"assignment \"a\" {\n  except = [\"ada@y.z\"]\n  members {\n    department = \"Sales\"\n  }\n}\n",
		},
		"empty":    {"assignment \"a\" {\n  except = []\n}\n", "assignment \"a\" {\n  except = [\"ada@y.z\"]\n}\n"},
		"one line": {"assignment \"a\" {\n  except = [\"x@y.z\", ]\n}\n", "assignment \"a\" {\n  except = [\"x@y.z\", \"ada@y.z\"]\n}\n"},
		"lines": {
			"assignment \"a\" {\n  except = [\n    \"x@y.z\", # his\n  ]\n}\n",
			"assignment \"a\" {\n  except = [\n    \"x@y.z\", # his\n    \"ada@y.z\",\n  ]\n}\n",
		},
		"lines without a comma": {
			"assignment \"a\" {\n  except = [\n    \"w@y.z\",\n    \"x@y.z\" # his\n  ]\n}\n",
			"assignment \"a\" {\n  except = [\n    \"w@y.z\",\n    \"x@y.z\", # his\n    \"ada@y.z\",\n  ]\n}\n",
		},
		"as people write": {
			"assignment \"a\" {\n    from=\"2026-01-01\"\n members {\n    department = \"Sales\"\n  }\n}\n",
			"assignment \"a\" {\n    from=\"2026-01-01\"\n  except = [\"ada@y.z\"]\n members {\n    department = \"Sales\"\n  }\n}\n",
		},
	} {
		dir := t.TempDir()
		before, after := "# before\n", "\n# after\nassignment \"b\" {\n  users = [\n    \"ben@y.z\",\n  ]\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte(before+c.was+after), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := NewDraft(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Except(ledger.Origin{File: "a.hcl", Line: 2}, "a", "ada@y.z"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := string(d.Text("a.hcl")); got != before+c.is+after {
			t.Errorf("%s: it is\n%s\nwant\n%s", name, got, before+c.is+after)
		}
		lines := 1 // of Ben, as the file was
		for i := range before + c.was + after {
			if text := (before + c.was + after)[i:]; len(text) > 9 && text[:9] == "\"ben@y.z\"" {
				break
			} else if text[0] == '\n' {
				lines++
			}
		}
		if err := d.Drop(ledger.Origin{File: "a.hcl", Line: lines}, "ben@y.z"); err != nil {
			t.Errorf("%s: a line below is not found any more: %v", name, err)
		}
	}
	crlf, err := NewDraft(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	windows := strings.ReplaceAll("assignment \"a\" {\n  users = [\"x@y.z\"]\n}\n", "\n", "\r\n")
	crlf.Put("a.hcl", []byte(windows))
	at := ledger.Origin{File: "a.hcl", Line: 1}
	_ = os.WriteFile(filepath.Join(crlf.dir, "a.hcl"), []byte(windows), 0o600)
	if err := errors.Join(crlf.Except(at, "a", "ada@y.z"), crlf.Append("a.hcl", "assignment \"b\" {\n}\n")); err != nil {
		t.Fatal(err)
	}
	if text := string(crlf.Text("a.hcl")); strings.Count(text, "\n") != strings.Count(text, "\r\n") || !strings.Contains(text, "ada@y.z") {
		t.Errorf("the ends of lines are mixed: %q", text)
	}
	for list, want := range map[string]string{
		"UserPrincipalName\nx@y.z\n":        "UserPrincipalName\nx@y.z\nada@y.z\n",
		"x@y.z\r\nw@y.z":                    "x@y.z\r\nw@y.z\r\nada@y.z\r\n",
		"name,UserPrincipalName\nX,x@y.z\n": "", // a row of which usher knows one cell
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "out.csv"), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		text := "assignment \"a\" {\n  except_file = \"out.csv\"\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := NewDraft(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Except(ledger.Origin{File: "a.hcl", Line: 1}, "a", "ada@y.z"); err != nil {
			t.Fatal(err)
		}
		if got := string(d.Text("out.csv")); got != want || (want == "") != (len(d.Text("a.hcl")) > 0) {
			t.Errorf("%q becomes %q, want %q, with %s", list, got, want, d.Text("a.hcl"))
		}
	}
	d, err := NewDraft(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d.Put("a.hcl", []byte("assignment \"a\" {\n  except = local.gone\n}\n"))
	if err := d.Except(ledger.Origin{File: "a.hcl", Line: 1}, "a", "ada@y.z"); err == nil {
		t.Error("a list that an expression makes is edited")
	}
}
