package config_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// TestNamesInBlocks: a name that somebody gave in the tenant is a text in a block that
// usher writes, and no template, no line of its own and no command of a pipeline.
func TestNamesInBlocks(t *testing.T) {
	for name, want := range map[string]string{
		`makers`: `"makers"`, `a "b" \c`: `"a \"b\" \\c"`, `${var.x} %{if}`: `"$${var.x} %%{if}"`, "a\nb\u202e": `"a\nb\u202e"`,
		"##vso[x]": `"#\u0023vso[x]"`, "a ::b": `"a :\u003ab"`, "\U000e0041": `"\U000e0041"`,
	} {
		block := config.AssignmentOf("again", "e5", []ledger.Holder{{Kind: ledger.Group, Name: name}}, []string{name}).Block()
		if !strings.Contains(block, "groups = ["+want+"]") || !strings.Contains(block, "disabled_plans = ["+want+"]") {
			t.Errorf("%q is written %s, want %s", name, block, want)
		}
		file, diags := hclparse.NewParser().ParseHCL([]byte(block), "block.hcl")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		groups := file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes["groups"]
		if v, diags := groups.Expr.Value(nil); diags.HasErrors() || v.AsValueSlice()[0].AsString() != name {
			t.Errorf("%q is read back as %#v", name, v)
		}
	}
}
