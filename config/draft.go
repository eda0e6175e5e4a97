package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/usher-cli/usher/ledger"
)

// Draft is a configuration with changes that nobody has written yet. Load reads it as
// Options.Files, so that a change can be tried before it is made.
//
// A change touches the one name or number that it is about: comments, order and layout
// stay. What it cannot find as plain text, such as a list that an expression makes, is an
// error, and the draft stays as it was.
type Draft struct {
	fs.FS
	dir     string
	changed map[string][]byte
	cuts    []cut
}

// cut is lines that are no longer in a file, from one that is counted as it was at first; fewer
// than none where there are new ones.
type cut struct {
	file        string
	line, lines int
}

// NewDraft begins with the files of a directory as they are.
func NewDraft(dir string) (*Draft, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Draft{FS: root.FS(), dir: dir, changed: map[string][]byte{}}, nil
}

// Clone is a copy that changes for itself.
func (d *Draft) Clone() *Draft {
	return &Draft{d.FS, d.dir, maps.Clone(d.changed), slices.Clone(d.cuts)}
}

// ErrByHand means that a person has to make a change: usher does not find the text.
var ErrByHand = errors.New("no plain text stands there")

// Files lists the files that have changes, sorted.
func (d *Draft) Files() []string {
	var names []string
	for name := range d.changed {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Put gives a file a text, whatever it was.
func (d *Draft) Put(name string, text []byte) { d.changed[name] = text }

// Text is the text of a file that has changes.
func (d *Draft) Text(name string) []byte { return d.changed[name] }

// Open implements fs.FS.
func (d *Draft) Open(name string) (fs.File, error) {
	if name == "." {
		return d.list()
	}
	if text, changed := d.changed[name]; changed {
		return &draftFile{bytes.NewReader(text), path.Base(name), int64(len(text))}, nil
	}
	return d.FS.Open(name)
}

// list lists the directory, with the files that are new.
func (d *Draft) list() (fs.File, error) {
	entries, err := fs.ReadDir(d.FS, ".")
	if err != nil {
		return nil, err
	}
	for _, name := range d.Files() {
		if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name }) && !strings.Contains(name, "/") {
			entries = append(entries, fs.FileInfoToDirEntry(&draftFile{name: name}))
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return &draftDir{draftFile{name: "."}, entries}, nil
}

// own is the one name of a file: two names would be two drafts of it. A link is left to
// people, whatever part of the path it is: what it leads to may be of others.
func (d *Draft) own(name string) (string, error) {
	name = path.Clean(filepath.ToSlash(name))
	if !fs.ValidPath(name) {
		return "", fmt.Errorf("%w: %s lies elsewhere", ErrByHand, name)
	}
	var last fs.FileInfo
	at := d.dir
	for part := range strings.SplitSeq(name, "/") {
		at = filepath.Join(at, part)
		info, err := os.Lstat(at)
		if err != nil {
			return name, err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return "", fmt.Errorf("%w: %s is a link", ErrByHand, name)
		}
		last = info
	}
	if !last.Mode().IsRegular() {
		return "", fmt.Errorf("%w: %s is no file", ErrByHand, name)
	}
	for _, other := range d.Files() {
		if info, err := os.Lstat(filepath.Join(d.dir, filepath.FromSlash(other))); err == nil && other != name && os.SameFile(info, last) {
			return "", fmt.Errorf("%w: %s and %s are one file", ErrByHand, name, other)
		}
	}
	return name, nil
}

// text is the text of a file, with the changes so far.
func (d *Draft) text(name string) ([]byte, error) {
	if text, changed := d.changed[name]; changed {
		return text, nil
	}
	text, err := fs.ReadFile(d.FS, name)
	if err == nil && bytes.ContainsRune(text, 0) {
		return nil, fmt.Errorf("%w: %s is no UTF-8", ErrByHand, name)
	}
	return text, err
}

// line is where a line of a file is now.
func (d *Draft) line(at ledger.Origin) int {
	line := at.Line
	for _, c := range d.cuts {
		if c.file == at.File && c.line < at.Line {
			line -= c.lines
		}
	}
	return line
}

// Drop takes a name out of a list in a file of HCL, or its row out of a table. Lines are
// counted as they were before any change.
func (d *Draft) Drop(at ledger.Origin, names ...string) error {
	text, err := d.begin(&at)
	if err != nil {
		return err
	}
	is := func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, strings.TrimSpace(name)) })
	}
	without := withoutRow
	if strings.HasSuffix(at.File, ".hcl") {
		without = withoutElement
	}
	less, err := without(text, d.line(at), is)
	if err != nil {
		return err
	}
	d.changed[at.File] = less
	d.cuts = append(d.cuts, cut{at.File, at.Line, bytes.Count(text, []byte("\n")) - bytes.Count(less, []byte("\n"))})
	return nil
}

// begin reads the file of a line, under its one name.
func (d *Draft) begin(at *ledger.Origin) ([]byte, error) {
	name, err := d.own(at.File)
	if err != nil {
		return nil, err
	}
	at.File = name
	return d.text(name)
}

// SetUnits writes another number of units behind an argument.
func (d *Draft) SetUnits(at ledger.Origin, argument string, units int64) error {
	text, err := d.begin(&at)
	if err != nil {
		return err
	}
	file, diags := hclsyntax.ParseConfig(text, at.File, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	var found *hclsyntax.Attribute
	_ = hclsyntax.VisitAll(file.Body.(*hclsyntax.Body), func(n hclsyntax.Node) hcl.Diagnostics {
		if a, is := n.(*hclsyntax.Attribute); is && a.Name == argument && a.SrcRange.Start.Line == d.line(at) {
			found = a
		}
		return nil
	})
	if found == nil {
		return ErrByHand
	}
	if _, literal := found.Expr.(*hclsyntax.LiteralValueExpr); !literal {
		return ErrByHand
	}
	r := found.Expr.Range()
	d.changed[at.File] = slices.Concat(text[:r.Start.Byte], strconv.AppendInt(nil, units, 10), text[r.End.Byte:])
	return nil
}

// SetText gives an argument of a block another text, or takes it out where the text is "". The
// block is in the file of a line of it.
func (d *Draft) SetText(at ledger.Origin, kind, label, argument, value string) error {
	original, err := d.begin(&at)
	if err != nil {
		return err
	}
	text := bytes.ReplaceAll(original, []byte("\r\n"), []byte("\n"))
	file, diags := hclwrite.ParseConfig(text, at.File, hcl.InitialPos)
	if diags.HasErrors() {
		return diags
	}
	block := file.Body().FirstMatchingBlock(kind, []string{label})
	switch {
	case block == nil:
		return ErrByHand
	case value == "":
		block.Body().RemoveAttribute(argument)
	default:
		tokens := hclwrite.TokensForValue(cty.StringVal(value))
		for _, t := range tokens {
			t.Bytes = escaped(t.Bytes)
		}
		block.Body().SetAttributeRaw(argument, tokens)
	}
	d.changed[at.File] = lineEnds(original, file.Bytes())
	return nil
}

// lineEnds writes what is new in a text with the ends of lines that the text has.
func lineEnds(text, more []byte) []byte {
	if bytes.Contains(text, []byte("\r\n")) {
		return bytes.ReplaceAll(more, []byte("\n"), []byte("\r\n"))
	}
	return more
}

// Append puts a block at the end of a file, which it makes where there is none.
func (d *Draft) Append(name, block string) error {
	if _, err := d.own(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := d.text(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	more := lineEnds(text, []byte(block))
	if len(text) > 0 {
		text = append(bytes.TrimRight(slices.Clone(text), "\r\n"), lineEnds(text, []byte("\n\n"))...)
	}
	d.changed[name] = append(text, more...)
	return nil
}

// draftFile is a file with changes.
type draftFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *draftFile) Close() error               { return nil }
func (f *draftFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *draftFile) Name() string               { return f.name }
func (f *draftFile) Size() int64                { return f.size }
func (f *draftFile) Mode() fs.FileMode          { return 0o644 }
func (f *draftFile) ModTime() time.Time         { return time.Time{} }
func (f *draftFile) IsDir() bool                { return false }
func (f *draftFile) Sys() any                   { return nil }

// draftDir is the directory.
type draftDir struct {
	draftFile
	entries []fs.DirEntry
}

// Read implements fs.File.
func (d *draftDir) Read([]byte) (int, error) { return 0, errors.New("it is a directory") }

// ReadDir implements fs.ReadDirFile: it lists everything, the first time.
func (d *draftDir) ReadDir(int) ([]fs.DirEntry, error) {
	all := d.entries
	d.entries = nil
	return all, nil
}
