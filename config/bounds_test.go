package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
)

// TestLargeAndFine: what an organisation of many thousands writes is within the bounds.
func TestLargeAndFine(t *testing.T) {
	dir := t.TempDir()
	var list, pairs strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&list, "user%06d@contoso.com\n", i)
		fmt.Fprintf(&pairs, "    \"user%06d@contoso.com\" = [\"E3\"]\n", i)
	}
	text := "tenant \"sandbox\" {\n  file = \"t.json\"\n}\n\nlocals {\n  people = {\n" + pairs.String() +
		"  }\n  moved = split(\"\\n\", replace(file(\"list.txt\"), \"@contoso.com\", \"@contoso.org\"))\n}\n\nlicense \"e3\" " +
		"{\n  sku = \"SPE_E3\"\n}\n\n" +
		"assignment \"a\" {\n  users = concat(keys(local.people), compact(local.moved))\n\n  grant \"e3\" {}\n}\n"
	for name, content := range map[string]string{"main.hcl": text, "list.txt": list.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(dir, config.Options{Version: "0.1.0", Catalog: cat})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(cfg.Wants) != 16000 {
		t.Errorf("%d people want it", len(cfg.Wants))
	}
}
