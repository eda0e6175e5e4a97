package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
)

// people are the ways in which a configuration reads people from another file.
func people() []string {
	return []string{
		`users_file = "list"`,
		`users = [for r in csvdecode(file("list")) : r.upn]`,
		`users = csvdecode(file("list"))[*].upn`,
		`users = jsondecode(file("list"))`,
		`users = [for k, v in jsondecode(file("list")) : "${k}@${v}"]`,
		`users = compact(split("\n", file("list")))`,
	}
}

// FuzzList loads a configuration that reads any bytes from a file beside it: no
// message carries a control character of that file but for line ends, and one that
// loads has wants of people, and of as many as the file can name.
func FuzzList(f *testing.F) {
	cat, err := catalog.Load()
	if err != nil {
		f.Fatal(err)
	}
	for how, text := range []string{"UPN\nada@contoso.com\n", "upn,x\nada@contoso.com,1\n", "upn\nada@contoso.com\n",
		`["ada@contoso.com"]`, `{"ada":"contoso.com"}`, "ada@contoso.com\ngrace@contoso.com\n"} {
		f.Add(uint8(how), []byte(text))
	}
	f.Add(uint8(1), []byte("upn,upn\na@b,\"c\"\n"))
	f.Add(uint8(3), []byte(`[null,1e999,{"a":[]}]`))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, how uint8, text []byte) {
		if len(text) > 4096 {
			return // time goes with size; what breaks is small
		}
		main := "license \"free\" {\n  sku = \"FLOW_FREE\"\n}\n\nassignment \"a\" {\n  " + people()[int(how)%len(people())] +
			"\n  grant \"free\" {}\n}\n"
		for name, text := range map[string][]byte{"main.hcl": []byte(main), "list": text} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg, diags := config.Load(dir, config.Options{Version: "0.1.0", Catalog: cat})
		if diags.HasErrors() {
			for _, d := range diags {
				if strings.ContainsFunc(d.Summary+d.Detail, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
					t.Errorf("a message has a control character: %q %q", d.Summary, d.Detail)
				}
			}
			return
		}
		if len(cfg.Wants) > len(text) {
			t.Errorf("%d wants are read from %d bytes", len(cfg.Wants), len(text))
		}
		for _, w := range cfg.Wants {
			id := len(w.Holder) == len("00000000-0000-4000-8000-000000000000")
			if !strings.Contains(w.Holder, "@") && !id || len(w.Origins) == 0 || w.Origins[0].Line < 1 {
				t.Errorf("a want names nobody or no line: %+v", w)
			}
		}
	})
}
