package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
)

// FuzzLoad loads any HCL and any list of users: whatever they are, loading
// neither panics nor hangs, and a configuration without errors has wants that
// name somebody, an item and the line that asks.
func FuzzLoad(f *testing.F) {
	cat, err := catalog.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{"main.hcl", "people.hcl", "environments.hcl"} {
		text, err := os.ReadFile(filepath.Join("../examples/contoso", path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("UPN\nada@contoso.com\n"))
	}
	f.Add([]byte("assignment \"a\" {\n  for_each = { x = [null] }\n  users = each.value\n}"), []byte("\xff\xfeU\x00P\x00N\x00"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, hcl, csv []byte) {
		if len(hcl) > 4096 || len(csv) > 4096 {
			return // time goes with size; what breaks is small
		}
		for name, text := range map[string][]byte{"main.hcl": hcl, "office.csv": csv} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg, diags := config.Load(dir, config.Options{Version: "0.1.0", Catalog: cat})
		if diags.HasErrors() {
			return
		}
		for _, w := range cfg.Wants {
			if w.Holder == "" || w.Item.Name == "" || len(w.Origins) == 0 || w.Origins[0].Line < 1 {
				t.Errorf("a want names nobody, nothing or no line: %+v", w)
			}
		}
	})
}
