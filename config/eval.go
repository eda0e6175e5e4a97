package config

import (
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// evaluator gives values to expressions and collects what is wrong with them.
type evaluator struct {
	ctx   *hcl.EvalContext
	diags hcl.Diagnostics
}

// newEvaluator gives values to variables and locals.
func newEvaluator(src *source, body *hclsyntax.Body, opts Options) (*evaluator, hcl.Diagnostics) {
	e := &evaluator{ctx: &hcl.EvalContext{Functions: functions(src), Variables: map[string]cty.Value{}}}
	vars, diags := variables(src, e, body, opts)
	e.ctx.Variables["var"] = cty.ObjectVal(vars)
	diags = append(diags, e.locals(body)...)
	return e, diags
}

// child returns an evaluator that also sees each.key and each.value. Its
// diagnostics are its own: the caller takes them over.
func (e *evaluator) child(key string, value cty.Value) *evaluator {
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{
		"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": value}),
	}
	return &evaluator{ctx: ctx}
}

// fail notes an error.
func (e *evaluator) fail(at hcl.Range, summary, format string, args ...any) {
	e.diags = append(e.diags, failure(at, summary, format, args...))
}

// value evaluates an attribute. ok is false where there is nothing to use:
// the attribute is missing, null, in error, or rests on something in error.
func (e *evaluator) value(attr *hclsyntax.Attribute) (cty.Value, bool) {
	if attr == nil {
		return cty.NilVal, false
	}
	return e.expr(attr.Expr)
}

// expr evaluates an expression; false where it has no value.
func (e *evaluator) expr(x hclsyntax.Expression) (cty.Value, bool) {
	v, ok := e.any(x)
	if !ok || v.IsNull() || !v.IsKnown() {
		return cty.NilVal, false
	}
	return v, true
}

// any evaluates an expression, to null or to something unknown as well. ok is
// false where it is in error.
func (e *evaluator) any(x hclsyntax.Expression) (cty.Value, bool) {
	if unknown := e.unknownNames(x); len(unknown) > 0 {
		e.diags = append(e.diags, unknown...)
		return cty.DynamicVal, false
	}
	v, diags := x.Value(e.ctx)
	e.diags = append(e.diags, diags...)
	return v, !diags.HasErrors()
}

// lacks reports whether an argument of a block rests on what has no value.
func (e *evaluator) lacks(b *hclsyntax.Block) bool {
	for _, attr := range b.Body.Attributes {
		if v, diags := attr.Expr.Value(e.ctx); !diags.HasErrors() && !v.IsWhollyKnown() {
			return true
		}
	}
	return false
}

// unknownNames reports variables and local values that nobody declared, with
// the names that they were probably meant to be.
func (e *evaluator) unknownNames(x hclsyntax.Expression) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, ref := range x.Variables() {
		root := ref.RootName()
		if root != "var" && root != "local" || len(ref) < 2 {
			continue
		}
		step, ok := ref[1].(hcl.TraverseAttr)
		declared := e.root(root)
		if ok && !declared.Type().HasAttribute(step.Name) {
			diags = append(diags, failure(step.SrcRange, "Unknown name", "Nothing declares %s.%s.%s", root, step.Name,
				didYouMean(step.Name, slices.Sorted(maps.Keys(declared.Type().AttributeTypes())))))
		}
	}
	return diags
}

// root finds a root name in this scope or one around it.
func (e *evaluator) root(name string) cty.Value {
	for ctx := e.ctx; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[name]; ok {
			return v
		}
	}
	return cty.EmptyObjectVal
}

// text is the text of an argument; false where it has none.
func (e *evaluator) text(attr *hclsyntax.Attribute) (string, bool) {
	v, ok := e.value(attr)
	if !ok {
		return "", false
	}
	return e.textOf(v, attr.Expr.Range())
}

// textOf converts a value to text.
func (e *evaluator) textOf(v cty.Value, at hcl.Range) (string, bool) {
	s, err := convert.Convert(v, cty.String)
	if err == nil && !s.IsKnown() {
		return "", false // it rests on something that is in error already
	}
	if err != nil || s.IsNull() {
		e.fail(at, "Wrong type", "This must be a text, and it is %s.", kindOf(v))
		return "", false
	}
	return s.AsString(), true
}

// required is text for an argument that the shape demands: null is no value.
func (e *evaluator) required(attr *hclsyntax.Attribute) (string, bool) {
	errors := len(e.diags)
	s, ok := e.text(attr)
	if !ok && attr != nil && len(e.diags) == errors {
		e.fail(attr.Expr.Range(), "Missing value", "%s is null, and must have a value.", attr.Name)
	}
	return s, ok && s != ""
}

// flag is the value of an argument that is true or false.
func (e *evaluator) flag(attr *hclsyntax.Attribute) bool {
	v, ok := e.value(attr)
	if !ok {
		return false
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil || b.IsNull() || !b.IsKnown() {
		e.fail(attr.Expr.Range(), "Wrong type", "This must be true or false, and it is %s.", kindOf(v))
		return false
	}
	return b.True()
}

// maxUnits is the largest number of units the service's 32-bit fields carry.
const maxUnits = 1<<31 - 1

// countArgument is the whole number of an argument.
func (e *evaluator) countArgument(attr *hclsyntax.Attribute) (int64, bool) {
	v, ok := e.value(attr)
	if !ok {
		return 0, false
	}
	return e.countOf(v, attr.Expr.Range())
}

// countOf converts a value to a whole number in the range of the service.
func (e *evaluator) countOf(v cty.Value, at hcl.Range) (int64, bool) {
	n, err := convert.Convert(v, cty.Number)
	if err != nil || n.IsNull() || !n.IsKnown() {
		e.fail(at, "Wrong type", "This must be a whole number, and it is %s.", kindOf(v))
		return 0, false
	}
	i, accuracy := n.AsBigFloat().Int64()
	if accuracy != big.Exact || i < 0 || i > maxUnits {
		e.fail(at, "Number out of range", "This must be a whole number from 0 to %d, and it is %s.", int64(maxUnits), numberText(n.AsBigFloat()))
		return 0, false
	}
	return i, true
}

// numberText writes a number, or says that it is beyond writing: the digits
// of 1e100000000 alone would take minutes.
func numberText(f *big.Float) string {
	const mostBits = 200
	if exponent := f.MantExp(nil); exponent > mostBits || exponent < -mostBits {
		return "far outside of that"
	}
	return f.Text('g', 20)
}

// listItem is one element of a list, with the line that it stands on.
type listItem struct {
	text string
	at   hcl.Range
}

// list walks a list of texts. A list that is written out is walked on the
// syntax tree, so that every element keeps its line and the cost stays linear.
func (e *evaluator) list(attr *hclsyntax.Attribute) ([]listItem, bool) {
	if attr == nil {
		return nil, false
	}
	tuple, ok := attr.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return e.computedList(attr)
	}
	items := make([]listItem, 0, len(tuple.Exprs))
	for _, x := range tuple.Exprs {
		v, ok := e.any(x)
		if !ok || v == cty.DynamicVal {
			continue
		}
		if s, ok := e.textOf(v, x.Range()); ok {
			items = append(items, listItem{s, x.Range()})
		}
	}
	return items, true
}

// computedList walks a list that an expression makes: all elements have its line.
func (e *evaluator) computedList(attr *hclsyntax.Attribute) ([]listItem, bool) {
	v, ok := e.value(attr)
	if !ok {
		return nil, false
	}
	at := attr.Expr.Range()
	if t := v.Type(); !t.IsListType() && !t.IsSetType() && !t.IsTupleType() {
		e.fail(at, "Wrong type", "This must be a list of texts, and it is %s.", kindOf(v))
		return nil, false
	}
	items := make([]listItem, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if s, ok := e.textOf(element, at); ok {
			items = append(items, listItem{s, at})
		}
	}
	return items, true
}

// kindOf says for a message what a value is.
func kindOf(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	return "a value of type " + v.Type().FriendlyName()
}
