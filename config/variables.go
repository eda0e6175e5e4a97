package config

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// variable is one declared variable, with the type that a value must have;
// cty.DynamicPseudoType where none is declared.
type variable struct {
	block *hclsyntax.Block
	typ   cty.Type
	value cty.Value
	set   bool
}

// noValue is the summary of a diagnostic about a variable without a value.
const noValue = "Variable without a value"

// noVariable is the summary of a diagnostic about a value that no variable takes.
const noVariable = "Unknown variable"

// variables gives every declared variable its value: the last of -var, the last of -var-file,
// the last of the files that are loaded by themselves, the environment's, or the default.
//
//	variable "seats" {
//	  type    = number
//	  default = 10
//	}
//
// What a pipeline sets for many jobs gives way to what stands in a file, and that to what
// somebody typed.
//
// A variable without a value is an error; where a command only looks, as usher undo does,
// it is a warning, and the arguments that need it are left out.
func variables(src *source, e *evaluator, body *hclsyntax.Body, opts Options) (map[string]cty.Value, hcl.Diagnostics) {
	vars, diags := declared(e, body)
	given := fromEnvironment(vars, opts)
	for _, name := range src.variableFiles() {
		given = append(given, fromFile(vars, e, name, "", src.read)...)
	}
	for _, path := range opts.VarFiles {
		given = append(given, fromFile(vars, e, path, "-var-file=", opts.reader())...)
	}
	for _, pair := range opts.Vars {
		given = append(given, fromFlag(vars, pair)...)
	}
	if opts.Undeclared {
		given = slices.DeleteFunc(given, func(d *hcl.Diagnostic) bool { return d.Summary == noVariable })
	}
	diags = append(diags, given...)
	values := map[string]cty.Value{}
	for name, v := range vars {
		if v.set && tooHeavy(v.value) {
			diags = append(
				diags,
				failure(v.block.DefRange(), "Value too large", "The variable %q is larger than any value of a configuration may be.", name),
			)
			v.value = cty.DynamicVal
		}
		if !v.set && opts.Lenient {
			v.value = cty.DynamicVal
			diags = append(
				diags,
				warning(v.block.DefRange(), noValue, "The variable %q has no value here, so usher leaves out the arguments that need it.", name),
			)
		} else if !v.set {
			diags = append(diags, failure(v.block.DefRange(), noValue,
				"The variable %q has no default: give it a value with -var=%s=VALUE, -var-file=FILE, a file *%s or %s%s.",
				name, name, variableFile, variablePrefix, name))
			v.value = cty.DynamicVal
		}
		values[name] = v.value
	}
	return values, diags
}

// declared reads the variable blocks.
func declared(e *evaluator, body *hclsyntax.Body) (map[string]*variable, hcl.Diagnostics) {
	vars := map[string]*variable{}
	var diags hcl.Diagnostics
	for _, b := range body.Blocks {
		if b.Type != "variable" || len(b.Labels) != 1 {
			continue
		}
		name := b.Labels[0]
		if first := vars[name]; first != nil {
			diags = append(diags, failure(b.DefRange(), "Duplicate variable",
				"The variable %q is declared at %s already.", name, rangeText(first.block.DefRange())))
			continue
		}
		v := &variable{block: b, typ: cty.DynamicPseudoType}
		vars[name] = v
		if t := b.Body.Attributes["type"]; t != nil {
			typ, more := typeexpr.TypeConstraint(t.Expr)
			diags = append(diags, more...)
			v.typ = typ
		}
		if d := b.Body.Attributes["default"]; d != nil {
			value, more := d.Expr.Value(&hcl.EvalContext{Functions: e.ctx.Functions})
			diags = append(diags, more...)
			diags = append(diags, v.assign(name, value, d.Expr.Range())...)
		}
	}
	return vars, diags
}

// assign gives a variable a value of its type.
//
// The value is converted as Terraform does: "5" is a number where a number is declared. A
// value that cannot be is an error at the place that gives it, and not where it is used.
func (v *variable) assign(name string, value cty.Value, at hcl.Range) hcl.Diagnostics {
	v.set = true
	converted, err := convert.Convert(value, v.typ)
	if err != nil {
		v.value = cty.DynamicVal
		return hcl.Diagnostics{failure(at, "Wrong type", "The variable %q: %s.", name, err)}
	}
	v.value = converted
	return nil
}

// fromFile gives variables the values of a file.
//
//	seats = 12
//	names = ["ada@contoso.com"]
//
// A name that no block declares is an error: it is mostly a slip, and the default would be
// used in silence.
func fromFile(vars map[string]*variable, e *evaluator, path, flag string, read func(string) ([]byte, error)) hcl.Diagnostics {
	text, err := read(path)
	if err != nil {
		return hcl.Diagnostics{broken(path, "File not readable", "%s%s cannot be read: %s.", flag, path, plainError(err))}
	}
	if isUTF16(text) {
		return hcl.Diagnostics{inUTF16(path)}
	}
	if diags := checkNesting(text, path); diags.HasErrors() {
		return diags
	}
	file, diags := hclsyntax.ParseConfig(text, path, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	attrs, diags := file.Body.JustAttributes()
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		attr := attrs[name]
		v := vars[name]
		if v == nil {
			diags = append(diags, failure(attr.NameRange, noVariable,
				"No variable %q is declared.%s", name, didYouMean(name, slices.Sorted(maps.Keys(vars)))))
			continue
		}
		value, more := attr.Expr.Value(&hcl.EvalContext{Functions: e.ctx.Functions})
		diags = append(diags, more...)
		diags = append(diags, v.assign(name, value, attr.Expr.Range())...)
	}
	return diags
}

// fromFlag reads NAME=VALUE.
func fromFlag(vars map[string]*variable, pair string) hcl.Diagnostics {
	name, text, ok := strings.Cut(pair, "=")
	at := hcl.Range{Filename: "-var=" + pair}
	if !ok {
		return hcl.Diagnostics{failure(at, "Wrong -var", "%q is not NAME=VALUE.", pair)}
	}
	v := vars[name]
	if v == nil {
		return hcl.Diagnostics{failure(at, noVariable,
			"No variable %q is declared.%s", name, didYouMean(name, slices.Sorted(maps.Keys(vars))))}
	}
	return v.fromText(name, text, at)
}

// variablePrefix begins the names of variables of the environment that give a variable its value.
const variablePrefix = "USHER_VAR_"

// fromEnvironment gives variables the values of the environment, as in Terraform. One that no
// block declares is for another configuration, and is nobody's mistake.
func fromEnvironment(vars map[string]*variable, opts Options) hcl.Diagnostics {
	if opts.Env == nil {
		return nil
	}
	var diags hcl.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if text := opts.Env(variablePrefix + name); text != "" {
			diags = append(diags, vars[name].fromText(name, text, hcl.Range{Filename: variablePrefix + name})...)
		}
	}
	return diags
}

// fromText gives a variable a value that is written in a text. The value is the text itself
// where the variable is one, and an expression where it is anything else.
func (v *variable) fromText(name, text string, at hcl.Range) hcl.Diagnostics {
	typ := v.typ
	if typ == cty.DynamicPseudoType && v.set {
		typ = v.value.Type()
	}
	if typ.IsPrimitiveType() || typ == cty.DynamicPseudoType {
		return v.assign(name, cty.StringVal(text), at)
	}
	if diags := checkNesting([]byte(text), at.Filename); diags.HasErrors() {
		return diags
	}
	x, diags := hclsyntax.ParseExpression([]byte(text), at.Filename, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	value, diags := x.Value(nil)
	return append(diags, v.assign(name, value, at)...)
}

// reader reads the files that the command line names.
func (o Options) reader() func(string) ([]byte, error) {
	if o.ReadFile != nil {
		return o.ReadFile
	}
	return ReadFile
}

// ReadFile reads a file, or a pipe of a shell, up to the largest that there may be.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return atMost(f)
}
