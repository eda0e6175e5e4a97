package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// locals evaluates every local value after those that it refers to.
//
//	locals {
//	  makers = csvdecode(file("makers.csv"))[*].upn
//	  all    = concat(local.makers, ["ada@contoso.com"])
//	}
//
// The order in the files does not matter, and a value can be in any of them.
func (e *evaluator) locals(body *hclsyntax.Body) hcl.Diagnostics {
	attrs := hclsyntax.Attributes{}
	var diags hcl.Diagnostics
	for _, b := range body.Blocks {
		if b.Type != "locals" {
			continue
		}
		for name, attr := range b.Body.Attributes {
			if first := attrs[name]; first != nil {
				diags = append(diags, failure(attr.NameRange, "Duplicate local value",
					"local.%s is defined at %s already.", name, rangeText(first.NameRange)))
			}
			attrs[name] = attr
		}
	}
	r := localResolver{eval: e, attrs: attrs, values: map[string]cty.Value{}, active: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		diags = append(diags, r.resolve(name)...)
	}
	e.ctx.Variables["local"] = cty.ObjectVal(r.values)
	return diags
}

// localResolver finds the order by walking from each value to those that it names. A value
// that is met again on its own way is a circle.
type localResolver struct {
	eval   *evaluator
	attrs  hclsyntax.Attributes
	values map[string]cty.Value
	active map[string]bool
}

// resolve evaluates a local value, and first those that it needs.
func (r *localResolver) resolve(name string) hcl.Diagnostics {
	attr := r.attrs[name]
	if _, done := r.values[name]; done || attr == nil {
		return nil
	}
	if r.active[name] {
		r.values[name] = cty.DynamicVal
		return hcl.Diagnostics{failure(attr.NameRange, "Circular local values",
			"local.%s depends on itself.", name)}
	}
	r.active[name] = true
	var diags hcl.Diagnostics
	needed := map[string]cty.Value{}
	for _, other := range r.references(attr.Expr) {
		diags = append(diags, r.resolve(other)...)
		if v, ok := r.values[other]; ok {
			needed[other] = v
		}
	}
	ctx := r.eval.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(needed)}
	value, more := attr.Expr.Value(ctx)
	if diags.HasErrors() { // the cause is reported already, and more would repeat it
		value, more = cty.DynamicVal, nil
	}
	if !more.HasErrors() && tooHeavy(value) {
		value, more = cty.DynamicVal, append(
			more,
			failure(attr.Expr.Range(), "Value too large", "local.%s is larger than any value of a configuration may be.", name),
		)
	}
	r.values[name] = value
	return append(diags, more...)
}

// references lists the local values that an expression needs: those that it
// names, or all where it takes local as a whole.
//
// local["name"] and local.name are one reference; local by itself, as in keys(local), needs
// every value, and so does local[var.x], whose value nobody knows yet.
func (r *localResolver) references(x hcl.Expression) []string {
	var names []string
	for _, ref := range x.Variables() {
		if ref.RootName() != "local" {
			continue
		}
		name := ""
		if len(ref) > 1 {
			switch step := ref[1].(type) {
			case hcl.TraverseAttr:
				name = step.Name
			case hcl.TraverseIndex:
				if step.Key.Type() == cty.String {
					name = step.Key.AsString()
				}
			}
		}
		if name == "" {
			return slices.Sorted(maps.Keys(r.attrs))
		}
		names = append(names, name)
	}
	return names
}
