package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
)

// TestTallExpressions: an expression that would take more stack than there is is an
// error, however its operators are spread over lines and brackets.
func TestTallExpressions(t *testing.T) {
	const many = 250_000
	chain := strings.Repeat("+1", 4000)
	for name, expression := range map[string]string{
		"in a line":            "1" + strings.Repeat("+1", many),
		"in lines of a loop":   "{for k in [1] : k => 1" + strings.Repeat("\n+1", many) + "}",
		"in lines of brackets": "(1" + strings.Repeat("\n+1", many) + ")",
		"behind first arguments": strings.Repeat("max(", 150) + "1" +
			strings.Repeat(chain+",0)", 150),
		"behind values of maps":      strings.Repeat("{a=", 150) + "1" + strings.Repeat(chain+"\n}.a", 150),
		"in brackets that stay open": strings.Repeat(strings.Repeat("!", 4990)+"(", 60),
		"below closed brackets":      strings.Repeat(")\n", 300) + strings.Repeat("(", many),
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("locals {\n  x = "+expression+"\n}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cat, err := catalog.Load()
			if err != nil {
				t.Fatal(err)
			}
			_, diags := config.Load(dir, config.Options{Version: "0.1.0", Catalog: cat})
			if !strings.Contains(diags.Error(), "Expression too long") && !strings.Contains(diags.Error(), "Nested too deep") {
				t.Errorf("it is read, with %.200s", diags.Error())
			}
		})
	}
}

// TestBroadExpressions: many elements beside each other are no tall expression.
func TestBroadExpressions(t *testing.T) {
	dir := t.TempDir()
	text := "locals {\n  x = {\n" + strings.Repeat("    a = [for s in [1, 2] : s + 1] # each\n", 20_000) + "  }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	if _, diags := config.Load(dir, config.Options{Version: "0.1.0", Catalog: cat}); strings.Contains(diags.Error(), "too long") {
		t.Errorf("it is refused: %s", diags.Error())
	}
}
