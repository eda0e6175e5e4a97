package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// withoutElement takes the element of a literal list out that stands on a line.
//
//	users = ["ada@contoso.com", "ben@contoso.com"]   users = ["ada@contoso.com"]
//
//	  "ben@contoso.com", # until spring              the whole line, with its comment
func withoutElement(text []byte, line int, is func(string) bool) ([]byte, error) {
	file, diags := hclsyntax.ParseConfig(text, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	var found []hcl.Range
	_ = hclsyntax.VisitAll(file.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics {
		list, isList := n.(*hclsyntax.TupleConsExpr)
		if !isList {
			return nil
		}
		for _, x := range list.Exprs {
			if name, literal := literalText(x); literal && x.Range().Start.Line == line && is(name) {
				found = append(found, x.Range())
			}
		}
		return nil
	})
	if len(found) != 1 { // none, or two lists on one line
		return nil, ErrByHand
	}
	return cutElement(text, found[0].Start.Byte, found[0].End.Byte), nil
}

// literalText is the text of an expression that is one.
func literalText(x hclsyntax.Expression) (string, bool) {
	v, diags := x.Value(nil)
	if diags.HasErrors() || len(x.Variables()) > 0 || v.IsNull() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// cutElement takes an element of a list out, with its comma, and with its line where
// nothing else stands there but a comment.
func cutElement(text []byte, from, to int) []byte {
	start := bytes.LastIndexByte(text[:from], '\n') + 1
	end := len(text)
	if n := bytes.IndexByte(text[to:], '\n'); n >= 0 {
		end = to + n + 1
	}
	behind := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(text[to:end])), ","))
	comment := strings.HasPrefix(behind, "#") || strings.HasPrefix(behind, "//")
	if len(bytes.TrimSpace(text[start:from])) == 0 && (behind == "" || comment) {
		return slices.Concat(text[:start], text[end:])
	}
	after := to + len(text[to:]) - len(bytes.TrimLeft(text[to:], " \t"))
	if after < len(text) && text[after] == ',' {
		after++
		after += len(text[after:]) - len(bytes.TrimLeft(text[after:], " \t"))
		return slices.Concat(text[:from], text[after:])
	}
	if before := bytes.TrimRight(text[:from], " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
		from = len(before) - 1
	}
	return slices.Concat(text[:from], text[to:])
}

// withoutRow takes the row of a table out whose name stands on a line.
func withoutRow(text []byte, line int, is func(string) bool) ([]byte, error) {
	u, err := newUserReader(bytes.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	if u.first != nil && line == 1+u.before && is(u.first[0]) {
		return cutLines(text, line, line), nil
	}
	for {
		name, at, err := u.next()
		if errors.Is(err, io.EOF) {
			return nil, ErrByHand
		}
		if err != nil {
			return nil, err
		}
		if at == line && is(name) {
			first, _ := u.csv.FieldPos(0)
			return cutRow(text, first+u.before, u.csv.Comma), nil
		}
	}
}

// cutRow takes a row out that begins on a line: it goes on as long as quotes are open.
func cutRow(text []byte, first int, comma rune) []byte {
	rest := text[len(text)-len(fromLine(text, first)):]
	r := csv.NewReader(bytes.NewReader(rest))
	r.Comma, r.FieldsPerRecord = comma, -1
	if _, err := r.Read(); err != nil {
		return cutLines(text, first, first)
	}
	start := len(text) - len(rest)
	return slices.Concat(text[:start], text[start+int(r.InputOffset()):])
}

// cutLines takes lines out, counted from 1.
func cutLines(text []byte, first, last int) []byte {
	before := text[:len(text)-len(fromLine(text, first))]
	return slices.Concat(before, fromLine(text, last+1))
}

// fromLine is a text from a line on, counted from 1.
func fromLine(text []byte, line int) []byte {
	for ; line > 1; line-- {
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			return nil
		}
		text = text[n+1:]
	}
	return text
}
