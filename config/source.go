package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// source is the configuration directory: its parsed files as one body, and
// its files, of which nothing outside it can be opened, by path or by
// symbolic link.
type source struct {
	dir    string
	files  fs.FS
	end    func() error // gives the directory back
	parser *hclparse.Parser
	body   *hclsyntax.Body
}

// openSource parses all files of a directory, or those that stand for it.
func openSource(dir string, files fs.FS) (*source, hcl.Diagnostics) {
	s := &source{dir: dir, files: files, end: func() error { return nil }, parser: hclparse.NewParser(),
		body: &hclsyntax.Body{Attributes: hclsyntax.Attributes{}}}
	if files == nil {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return s, hcl.Diagnostics{broken(dir, "Configuration not found", "The directory %s cannot be opened: %s.", dir, plainError(err))}
		}
		s.files, s.end = root.FS(), root.Close
	}
	names, err := hclFiles(s.files)
	if err == nil && len(names) == 0 {
		return s, hcl.Diagnostics{broken(dir, "No configuration",
			"The directory %s has no *.hcl file. Name another with -chdir=DIR, or write one to begin with: usher init -starter=sandbox.", dir)}
	}
	if err != nil {
		return s, hcl.Diagnostics{broken(dir, "Configuration not found", "The directory %s cannot be read: %s.", dir, plainError(err))}
	}
	var diags hcl.Diagnostics
	for _, name := range names {
		diags = append(diags, s.parse(name)...)
	}
	return s, diags
}

// parse adds one file.
func (s *source) parse(name string) hcl.Diagnostics {
	text, err := s.read(name)
	if err != nil {
		return hcl.Diagnostics{broken(name, "File not readable", "%s cannot be read: %s.", name, plainError(err))}
	}
	if isUTF16(text) {
		return hcl.Diagnostics{inUTF16(name)}
	}
	if diags := checkNesting(text, name); diags.HasErrors() {
		s.show(name)
		return diags
	}
	file, diags := s.parser.ParseHCL(text, name)
	diags = plainSyntax(text, name, diags)
	if file == nil || diags.HasErrors() {
		return diags
	}
	body := file.Body.(*hclsyntax.Body)
	for key, attr := range body.Attributes {
		if first := s.body.Attributes[key]; first != nil {
			diags = append(diags, failure(attr.NameRange, "Duplicate argument",
				"%q is set at %s already.", key, rangeText(first.NameRange)))
			continue
		}
		s.body.Attributes[key] = attr
	}
	s.body.Blocks = append(s.body.Blocks, body.Blocks...)
	return diags
}

// isUTF16 reports whether a text begins as UTF-16 does.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}

// inUTF16 is about a file that HCL cannot read: one error, and not one for each character.
func inUTF16(name string) *hcl.Diagnostic {
	return broken(name, "UTF-16", "%s is saved as UTF-16: save it as UTF-8.", name)
}

// open opens a file of the configuration directory. It looks before, because opening
// a pipe would wait for whoever writes to it.
func (s *source) open(name string) (fs.File, error) {
	name = filepath.ToSlash(filepath.Clean(name))
	if !filepath.IsLocal(name) {
		return nil, errOutside
	}
	info, err := fs.Stat(s.files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNoFile
	}
	return s.files.Open(name)
}

// unreadable says why a file of the configuration directory cannot be read, and which file of
// the same folder has nearly its name.
func (s *source) unreadable(name string, err error) string {
	text := plainError(err)
	if !errors.Is(err, fs.ErrNotExist) {
		return text
	}
	folder := path.Dir(filepath.ToSlash(filepath.Clean(name)))
	entries, _ := fs.ReadDir(s.files, folder) // without them nothing is like it
	var known []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			known = append(known, path.Join(folder, e.Name()))
		}
	}
	if best := similar(name, known); best != "" {
		text += fmt.Sprintf(" (did you mean %q?)", best)
	}
	return text
}

// read returns a file of the configuration directory.
func (s *source) read(name string) ([]byte, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return atMost(f)
}

// atMost reads a file up to the largest that there may be.
func atMost(f io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	if err == nil && len(text) > largestFile {
		err = errTooLarge
	}
	return text, err
}

// errNoFile is a pipe, a device or a directory: reading one may never end.
var errNoFile = errors.New("it is not a regular file")

// errOutside is a path that leads out of the directory.
var errOutside = errors.New("it lies outside the configuration directory")

// show makes the lines of a file that is no HCL available to messages.
func (s *source) show(path string) {
	if text, err := s.read(path); err == nil && utf8.Valid(text) {
		s.parser.AddFile(path, &hcl.File{Bytes: text})
	}
}

// close gives the directory back.
func (s *source) close() { _ = s.end() } // it was read only

// texts are the texts of the files, for messages.
func (s *source) texts() map[string]*hcl.File { return s.parser.Files() }

// Empty reports whether a directory has no configuration.
func Empty(dir string) bool {
	names, err := hclFiles(os.DirFS(dir))
	return err == nil && len(names) == 0
}

// variableFile ends the names of files whose values are loaded by themselves.
const variableFile = ".auto.vars"

// variableFiles lists the files whose values are loaded by themselves, sorted.
func (s *source) variableFiles() []string {
	names, _ := filesLike(s.files, variableFile) // the directory was read before
	return names
}

// hclFiles lists the files of a configuration, sorted.
func hclFiles(files fs.FS) ([]string, error) { return filesLike(files, ".hcl") }

// filesLike lists the files of a directory whose names end alike, sorted, without hidden ones.
func filesLike(files fs.FS, suffix string) ([]string, error) {
	entries, err := fs.ReadDir(files, ".")
	var names []string
	for _, e := range entries {
		if n := e.Name(); strings.HasSuffix(n, suffix) && !strings.HasPrefix(n, ".") && !e.IsDir() {
			names = append(names, n)
		}
	}
	return names, err
}

// plainError drops the operation and path that the operating system's errors
// repeat, and says plainly what os.Root found.
func plainError(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	if text == "path escapes from parent" {
		return errOutside.Error()
	}
	return text
}
