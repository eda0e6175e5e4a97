package config

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/usher-cli/usher/ledger"
)

// Except adds people to those whom an assignment leaves out: to its list, to its file of one
// column, or to a list that is new. The assignment is in the file of a line of it.
//
//	members {               except = ["ada@contoso.com"]
//	  department = "Sales"
//	}                       members { …
func (d *Draft) Except(at ledger.Origin, label string, names ...string) error {
	original, err := d.begin(&at)
	if err != nil {
		return err
	}
	text := bytes.ReplaceAll(original, []byte("\r\n"), []byte("\n"))
	file, diags := hclsyntax.ParseConfig(text, at.File, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	blocks := file.Body.(*hclsyntax.Body).Blocks
	found := slices.IndexFunc(blocks, func(b *hclsyntax.Block) bool { return b.Type == "assignment" && b.Labels[0] == label })
	if found < 0 {
		return ErrByHand
	}
	b := blocks[found]
	if attr := b.Body.Attributes["except_file"]; attr != nil && b.Body.Attributes["except"] == nil {
		if path, literal := literalText(attr.Expr); literal && d.addRows(path, names) == nil {
			return nil
		}
	}
	from, to, insert, err := excepting(text, b, names)
	if err != nil {
		return err
	}
	start, end := b.Range().Start.Byte, b.CloseBraceRange.End.Byte
	was := text[start:end]
	is := slices.Concat(text[start:from], insert, text[to:end])
	if bytes.Equal(hclwrite.Format(was), was) { // a block that was laid out as usher fmt does stays so
		is = hclwrite.Format(is)
	}
	d.changed[at.File] = lineEnds(original, slices.Concat(text[:start], is, text[end:]))
	d.grew(at.File, bytes.Count(text[:from], []byte("\n"))+1, bytes.Count(is, []byte("\n"))-bytes.Count(was, []byte("\n")))
	return nil
}

// longestList is how many columns the list may have on one line.
const longestList = 100

// excepting is what to write into the block of an assignment, and in the place of what. A list
// that gets too long has a name a line.
func excepting(text []byte, b *hclsyntax.Block, names []string) (from, to int, insert []byte, err error) {
	var all [][]byte
	for _, name := range names {
		all = append(all, escaped(hclwrite.TokensForValue(cty.StringVal(name)).Bytes()))
	}
	attr := b.Body.Attributes["except"]
	if attr == nil {
		at := endOfArguments(text, b)
		return at, at, slices.Concat([]byte("\n  except = "), listOfNames(all)), nil
	}
	list, literal := attr.Expr.(*hclsyntax.TupleConsExpr)
	if !literal {
		return 0, 0, nil, ErrByHand
	}
	start, bracket := list.OpenRange.Start.Byte, list.SrcRange.End.Byte-1
	if list.OpenRange.Start.Line == list.SrcRange.End.Line {
		var there [][]byte
		for _, x := range list.Exprs {
			there = append(there, text[x.Range().Start.Byte:x.Range().End.Byte])
		}
		return start, bracket + 1, listOfNames(append(there, all...)), nil
	}
	if len(list.Exprs) == 0 {
		return start, bracket + 1, listOfNames(all), nil
	}
	last := list.Exprs[len(list.Exprs)-1].Range()
	rest := bytes.TrimRight(text[last.End.Byte:bracket], " \t\r\n") // a comma, and comments
	if !bytes.HasPrefix(rest, []byte(",")) {
		rest = slices.Concat([]byte(","), rest)
	}
	indent := text[bytes.LastIndexByte(text[:last.Start.Byte], '\n')+1 : last.Start.Byte]
	if len(bytes.TrimSpace(indent)) > 0 {
		indent = []byte("    ")
	}
	insert = slices.Clone(rest)
	for _, name := range all {
		insert = slices.Concat(insert, []byte("\n"), indent, name, []byte(","))
	}
	return last.End.Byte, bracket, slices.Concat(insert, []byte("\n  ")), nil
}

// listOfNames is a list on one line, or with a name a line.
func listOfNames(names [][]byte) []byte {
	line := slices.Concat([]byte("["), bytes.Join(names, []byte(", ")), []byte("]"))
	if len(line) <= longestList {
		return line
	}
	return slices.Concat([]byte("[\n    "), bytes.Join(names, []byte(",\n    ")), []byte(",\n  ]"))
}

// endOfArguments is the end of the line with the last argument before the first block inside.
func endOfArguments(text []byte, b *hclsyntax.Block) int {
	at := b.OpenBraceRange.End.Byte
	for _, a := range b.Body.Attributes {
		if len(b.Body.Blocks) == 0 || a.SrcRange.Start.Byte < b.Body.Blocks[0].Range().Start.Byte {
			at = max(at, a.SrcRange.End.Byte)
		}
	}
	if n := bytes.IndexByte(text[at:], '\n'); n >= 0 { // behind the comment of the line
		at += n
	}
	return at
}

// addRows adds names to a list of one column; ErrByHand where it has more.
func (d *Draft) addRows(path string, names []string) error {
	path, err := d.own(path)
	if err != nil {
		return err
	}
	text, err := d.text(path)
	if err != nil {
		return err
	}
	u, err := newUserReader(bytes.NewReader(text), "")
	if err != nil {
		return err
	}
	if u.cells != 1 || slices.ContainsFunc(names, func(n string) bool { return strings.ContainsAny(n, "\",;\t\r\n") }) {
		return ErrByHand
	}
	end := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		end = "\r\n"
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = slices.Concat(text, []byte(end))
	}
	d.changed[path] = slices.Concat(text, []byte(strings.Join(names, end)+end))
	return nil
}

// grew notes lines that are new in a file, behind one that is counted as it is now.
func (d *Draft) grew(file string, line, lines int) {
	if lines == 0 {
		return
	}
	first := 1
	for d.line(ledger.Origin{File: file, Line: first}) < line {
		first++
	}
	d.cuts = append(d.cuts, cut{file, first, -lines})
}
