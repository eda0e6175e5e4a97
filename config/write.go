package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/usher-cli/usher/ledger"
)

// BackendBlock writes the backend block of a kind with some arguments, as it stands
// inside of the usher block.
func BackendBlock(kind string, arguments map[string]string) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("backend", []string{kind})
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		block.Body().SetAttributeValue(name, cty.StringVal(arguments[name]))
	}
	return written(f)
}

// EnvironmentBlocks writes what stands in the block of an environment: its capacity, and
// the flows and machines with units of it.
func EnvironmentBlocks(grants []ledger.Grant) string {
	f := hclwrite.NewEmptyFile()
	var capacity *hclwrite.Body
	for _, g := range grants {
		units := cty.NumberIntVal(g.Units)
		body := func(kind string) *hclwrite.Body {
			return f.Body().AppendNewBlock(kind, []string{g.Holder.Own()}).Body()
		}
		switch argument := UnitsArgument(g); g.Holder.Kind {
		case ledger.Flow:
			body("flow").SetAttributeValue("plan", cty.StringVal(g.Item.Name))
		case ledger.Machine:
			body("machine").SetAttributeValue(argument, units)
		case ledger.MachineGroup:
			body("machine_group").SetAttributeValue(argument, units)
		default:
			if capacity == nil {
				capacity = f.Body().AppendNewBlock("capacity", nil).Body()
			}
			capacity.SetAttributeValue(argument, units)
		}
	}
	return written(f)
}

// UnitsArgument is what the language calls the units of a grant of capacity.
func UnitsArgument(g ledger.Grant) string {
	switch g.Holder.Kind {
	case ledger.Machine:
		return "unattended_runs"
	case ledger.MachineGroup:
		return "committed_bots"
	}
	return g.Item.Name
}

// AssignmentBlock writes an assignment that gives people, or groups, an item of a
// license, with some service plans off.
func AssignmentBlock(name, license string, holders []ledger.Holder, off []string) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("assignment", []string{name}).Body()
	kind := "users"
	if holders[0].Kind == ledger.Group {
		kind = "groups"
	}
	names := make([]string, len(holders))
	for i, h := range holders {
		names[i] = h.Name
	}
	block.SetAttributeValue(kind, texts(names))
	block.AppendNewline()
	grant := block.AppendNewBlock("grant", []string{license}).Body()
	if len(off) > 0 {
		grant.SetAttributeValue("disabled_plans", texts(off))
	}
	return written(f)
}

// DisabledPlans writes the argument that switches service plans off.
func DisabledPlans(off []string) string {
	f := hclwrite.NewEmptyFile()
	f.Body().SetAttributeValue("disabled_plans", texts(off))
	return strings.TrimSpace(written(f))
}

// PurchaseBlock writes the policy of a product that people can buy themselves.
func PurchaseBlock(product, policy string) string {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendNewBlock("self_service_purchase", []string{product}).Body().SetAttributeValue("policy", cty.StringVal(policy))
	return written(f)
}

func texts(all []string) cty.Value {
	if len(all) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(all))
	for i, s := range all {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}

// written is the text of a file. A name with ## or ::, by which commands of pipelines begin,
// stays the same name in an escape. A block without arguments is one line.
func written(f *hclwrite.File) string {
	return strings.NewReplacer("##", `#\u0023`, "::", `:\u003a`, "{\n  }", "{}").Replace(string(f.Bytes()))
}
