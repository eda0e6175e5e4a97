package config

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/natefinch/atomic"
)

// Formatted is a file whose layout is not the canonical one.
type Formatted struct {
	Path          string
	Before, After []byte
}

// Format returns what the canonical layout would change in the *.hcl files of
// dir, and below it where recursive, or in some files of it alone. It writes nothing.
//
// A file that cannot be parsed is an error with its line, and stays as it is. Names that
// begin with a dot are skipped, as they are when a configuration is loaded: editors keep
// their copies and locks there.
func Format(dir string, recursive bool, only ...string) ([]Formatted, hcl.Diagnostics) {
	var changed []Formatted
	var diags hcl.Diagnostics
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real // a walk does not follow a link that it starts from
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, hcl.Diagnostics{broken(dir, "Configuration not found", "The directory %s cannot be opened: %s.", dir, plainError(err))}
	}
	src := &source{dir: dir, files: root.FS(), end: root.Close}
	defer src.close()
	one := func(path string) {
		before, after, more := src.format(path)
		diags = append(diags, more...)
		if !more.HasErrors() && !bytes.Equal(before, after) {
			changed = append(changed, Formatted{path, before, after})
		}
	}
	if len(only) > 0 {
		for _, name := range only {
			one(filepath.Join(dir, name))
		}
		return changed, diags
	}
	if err = eachFile(dir, recursive, one); err != nil {
		diags = append(diags, broken(dir, "File not readable", "%s.", err))
	}
	return changed, diags
}

// eachFile visits the files of a directory that are part of a configuration.
func eachFile(dir string, recursive bool, visit func(path string)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != dir && (!recursive || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".hcl") || strings.HasPrefix(d.Name(), "."): // hidden ones are no part of a configuration
			return nil
		}
		visit(path)
		return nil
	})
}

// format reads a file of the directory, and lays it out anew.
//
// It reads through the same root as everything else, so that a link out of the directory is
// not formatted: what it leads to belongs to somebody else.
func (s *source) format(path string) (before, after []byte, diags hcl.Diagnostics) {
	name, err := filepath.Rel(s.dir, path)
	if err == nil {
		before, err = s.read(filepath.ToSlash(name))
	}
	if err != nil {
		return nil, nil, hcl.Diagnostics{broken(path, "File not readable", "%s cannot be read: %s.", path, plainError(err))}
	}
	after, diags = formatText(before, path)
	return before, after, diags
}

// FormatText lays out a text that an editor hands in.
func FormatText(text []byte) ([]byte, hcl.Diagnostics) { return formatText(text, "standard input") }

// formatText lays out a text of a name.
func formatText(text []byte, name string) ([]byte, hcl.Diagnostics) {
	if isUTF16(text) {
		return nil, hcl.Diagnostics{inUTF16(name)}
	}
	if diags := checkNesting(text, name); diags.HasErrors() {
		return nil, diags
	}
	_, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	return hclwrite.Format(text), plainSyntax(text, name, diags)
}

// Write puts the canonical layout in place of the file.
func (f Formatted) Write() error {
	if err := atomic.WriteFile(f.Path, bytes.NewReader(f.After)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.Path, err)
	}
	return nil
}
