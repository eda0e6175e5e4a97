package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// What bounds a configuration. A pull request can contain anything; none of it may
// cost more than a moment, or more memory than a machine has.
const (
	largestFile   = 64 << 20 // bytes of one file
	deepest       = 200      // brackets in brackets
	mostOperators = 5_000    // one inside the other
	heaviest      = 32 << 20 // bytes and elements of one value
	mostInstances = 100_000  // of one for_each
	widestNumber  = 4096     // bits of an exponent
)

var errTooLarge = fmt.Errorf("the file is larger than %d MiB", largestFile>>20)

// weigh adds up the bytes and elements of a value, and stops beyond a limit.
//
// An element costs 16 bytes beside its own weight, as much as the library needs to keep it
// at least. A value that nobody knows yet weighs next to nothing.
func weigh(v cty.Value, limit int) int {
	v, _ = v.Unmark()
	switch t := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return 1
	case t == cty.String:
		return 1 + len(v.AsString())
	case t == cty.Number:
		if exponent := v.AsBigFloat().MantExp(nil); exponent > widestNumber || exponent < -widestNumber {
			return limit + 1
		}
		return 8
	case !v.CanIterateElements():
		return 1
	}
	const perElement = 16
	sum := 1
	for it := v.ElementIterator(); it.Next() && sum <= limit; {
		_, element := it.Element()
		sum += perElement + weigh(element, limit-sum)
	}
	return sum
}

// tooHeavy reports a value that is larger than any that a configuration needs.
func tooHeavy(v cty.Value) bool { return weigh(v, heaviest) > heaviest }

var errHeavy = errors.New("its result would be larger than any value of a configuration may be")

// bounded is a function whose arguments and result have bounds. What multiplies its
// arguments says before how large its result can be.
//
// Size sees the arguments and estimates the result. It is asked before the function runs:
// setproduct of five lists of a thousand would be out of memory before it returns.
func bounded(f function.Function, size func(args []cty.Value) float64) function.Function {
	spec := &function.Spec{VarParam: f.VarParam(), Params: f.Params(), Description: f.Description()}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		t, err := f.ReturnTypeForValues(args)
		return t, plainly(err)
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		for _, a := range args {
			if tooHeavy(a) {
				return cty.NilVal, errHeavy
			}
		}
		if size != nil && size(args) > heaviest {
			return cty.NilVal, errHeavy
		}
		v, err := f.Call(args)
		if err == nil && tooHeavy(v) {
			err = errHeavy
		}
		return v, plainly(err)
	}
	return function.New(spec)
}

// plainly keeps the trace of a library that failed from people.
func plainly(err error) error {
	var failed function.PanicError
	if errors.As(err, &failed) {
		return errors.New("it cannot be used with these values")
	}
	return err
}

// product is the size of every combination of the elements of lists.
func product(args []cty.Value) float64 {
	n := 1.0
	for _, a := range args {
		if a.IsKnown() && !a.IsNull() && a.CanIterateElements() {
			n *= float64(a.LengthInt())
		}
	}
	return n * 16 * float64(len(args)+1)
}

// textProduct is the size of a text in which each byte can become all the others.
func textProduct(args []cty.Value) float64 {
	n := 1.0
	for _, a := range args {
		n *= float64(1 + weigh(a, heaviest))
	}
	return n
}

// replaced is the size of a text in which one text stands for another. An expression
// can find a place between any two bytes.
func replaced(args []cty.Value) float64 {
	for _, a := range args {
		if a.Type() != cty.String || a.IsNull() || !a.IsKnown() {
			return 0
		}
	}
	text, search, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
	if strings.HasPrefix(search, "/") && strings.HasSuffix(search, "/") {
		return textProduct(args)
	}
	return float64(len(text)) + float64(strings.Count(text, search))*float64(len(with))
}

// width finds a number of digits that a format asks for.
var width = regexp.MustCompile(`%[-+ #0]*(?:\[[0-9]+\])?([0-9]*|\*)(?:\.([0-9]*|\*))?`)

// widths refuses formats that ask for more characters than anybody reads.
func widths(args []cty.Value) float64 {
	if len(args) == 0 || args[0].Type() != cty.String || args[0].IsNull() || !args[0].IsKnown() {
		return 0
	}
	const digits = 5
	for _, found := range width.FindAllStringSubmatch(args[0].AsString(), -1) {
		if len(found[1]) > digits || len(found[2]) > digits || strings.Contains(found[0], "*") {
			return heaviest + 1
		}
	}
	return 0
}

// indentation is the size of a text whose lines begin with so many blanks.
func indentation(args []cty.Value) float64 {
	if len(args) < 2 || args[0].IsNull() || !args[0].IsKnown() || args[1].IsNull() || !args[1].IsKnown() || args[0].Type() != cty.Number ||
		args[1].Type() != cty.String {
		return 0
	}
	n, _ := args[0].AsBigFloat().Float64()
	return n * float64(1+strings.Count(args[1].AsString(), "\n"))
}

// nestedText refuses JSON that is nested deeper than the stack is.
func nestedText(args []cty.Value) float64 {
	if len(args) == 0 || args[0].Type() != cty.String || args[0].IsNull() || !args[0].IsKnown() {
		return 0
	}
	depth := 0
	for _, c := range []byte(args[0].AsString()) {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > deepest {
			return heaviest + 1
		}
	}
	return 0
}
