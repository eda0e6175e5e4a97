package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
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

// LicenseBlock writes a license with what is owned of it; a quantity below 0 is not written.
func LicenseBlock(label, sku string, quantity int64) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("license", []string{label}).Body()
	block.SetAttributeValue("sku", cty.StringVal(sku))
	if quantity >= 0 {
		block.SetAttributeValue("quantity", cty.NumberIntVal(quantity))
	}
	return written(f)
}

// CapacityBlock writes a type of capacity with what is owned of it. The type is "" where the
// name says it.
func CapacityBlock(name, kind string, quantity int64) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("capacity", []string{name}).Body()
	if kind != "" {
		block.SetAttributeValue("type", cty.StringVal(kind))
	}
	block.SetAttributeValue("quantity", cty.NumberIntVal(quantity))
	return written(f)
}

// EnvironmentBlock writes an environment with what stands in it. The id is "" where the label
// is the name of just this one.
func EnvironmentBlock(label, id, contents string) string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("environment", []string{label}).Body()
	if id != "" {
		block.SetAttributeValue("id", cty.StringVal(id))
	}
	inner, diags := hclwrite.ParseConfig([]byte(contents), "", hcl.InitialPos)
	if !diags.HasErrors() { // contents are of this package
		block.AppendUnstructuredTokens(inner.Body().BuildTokens(nil))
	}
	return string(hclwrite.Format([]byte(written(f))))
}

// EnvironmentBlocks writes what stands in the block of an environment: its capacity, and
// the flows and machines with units of it. Reference is what a file writes for a holder, which
// is its id where the name means several.
func EnvironmentBlocks(grants []ledger.Grant, reference func(ledger.Holder) string) string {
	f := hclwrite.NewEmptyFile()
	var capacity *hclwrite.Body
	for _, g := range grants {
		units := cty.NumberIntVal(g.Units)
		body := func(kind string) *hclwrite.Body {
			body := f.Body().AppendNewBlock(kind, []string{g.Holder.Own()}).Body()
			if ref := reference(g.Holder); ref != g.Holder.Own() {
				body.SetAttributeValue("id", cty.StringVal(ref))
			}
			return body
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

// Assignment is an assignment that is to be written.
type Assignment struct {
	Name   string
	Kind   ledger.HolderKind // of those who are named
	Names  []string
	File   string // the list that has them instead; "" for none
	Grants []Grant

	From, Until string // days; "" for none
	Reason      string // "" for none

	Members    []ledger.Selector
	Except     []string // whom the members leave out
	ExceptFile string   // the list that has them instead; "" for none
}

// Grant is a grant in it: the label of a license, and the service plans that are off.
type Grant struct {
	License string
	Off     []string
}

// Block is the text of the assignment.
func (a Assignment) Block() string {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("assignment", []string{a.Name}).Body()
	switch {
	case a.File != "":
		block.SetAttributeValue("users_file", cty.StringVal(a.File))
	case len(a.Names) == 0 && len(a.Members) > 0:
	case a.Kind == ledger.Group:
		block.SetAttributeValue("groups", texts(a.Names))
	default:
		block.SetAttributeValue("users", texts(a.Names))
	}
	if len(a.Except) > 0 {
		block.SetAttributeValue("except", texts(a.Except))
	}
	for _, argument := range [][2]string{{"except_file", a.ExceptFile}, {"from", a.From}, {"until", a.Until}, {"reason", a.Reason}} {
		if argument[1] != "" {
			block.SetAttributeValue(argument[0], cty.StringVal(argument[1]))
		}
	}
	for _, s := range a.Members {
		if len(block.Attributes())+len(block.Blocks()) > 0 {
			block.AppendNewline()
		}
		members := block.AppendNewBlock("members", nil).Body()
		for _, c := range s.Conditions {
			if len(c.Values) == 1 {
				members.SetAttributeValue(c.Attribute, cty.StringVal(c.Values[0]))
			} else {
				members.SetAttributeValue(c.Attribute, texts(c.Values))
			}
		}
	}
	for _, g := range a.Grants {
		block.AppendNewline()
		grant := block.AppendNewBlock("grant", []string{g.License}).Body()
		if len(g.Off) > 0 {
			grant.SetAttributeValue("disabled_plans", texts(g.Off))
		}
	}
	return written(f)
}

// AssignmentOf is an assignment that gives holders of one kind a license, with some service
// plans off.
func AssignmentOf(name, license string, holders []ledger.Holder, off []string) Assignment {
	names := make([]string, len(holders))
	for i, h := range holders {
		names[i] = h.Name
	}
	return Assignment{Name: name, Kind: holders[0].Kind, Names: names, Grants: []Grant{{license, off}}}
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
	return strings.ReplaceAll(string(escaped(f.Bytes())), "{\n  }", "{}")
}

// escaped writes signs by which commands of pipelines begin as escapes of texts.
func escaped(text []byte) []byte {
	return []byte(strings.NewReplacer("##", `#\u0023`, "::", `:\u003a`).Replace(string(text)))
}
