package config

import (
	"os"
	"strings"
	"testing"

	"github.com/usher-cli/usher/catalog"
)

// TestTheLanguageIsDocumented finds every block, argument, function and
// capacity type in docs/language.md.
func TestTheLanguageIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	var walk func(b block)
	walk = func(b block) {
		for _, name := range b.attributes() {
			if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, name+" ") {
				t.Errorf("the argument %s of %s is not documented", name, b.name)
			}
		}
		for _, child := range b.blocks {
			if !strings.Contains(page, child.name+" {") && !strings.Contains(page, child.name+" \"") {
				t.Errorf("the block %s is not documented", child.name)
			}
			walk(child)
		}
	}
	walk(language())
	for name := range functions(nil) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the function %s is not documented", name)
		}
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cat.CapacityTypes() {
		if !strings.Contains(page, "| `"+c.Name+"` | `"+c.ID+"` |") {
			t.Errorf("the capacity type %s is not documented", c.Name)
		}
	}
}
