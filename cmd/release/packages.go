package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packages makes a package of Debian and one of Red Hat.
func (r *release) packages(p program, extras []extra) error {
	root, err := os.MkdirTemp("", "usher-package-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }() // which nobody needs any more
	contents := files.Contents{r.content(p.path, "/usr/bin/usher", 0o755)}
	for _, e := range extras {
		to := placeOf(e.name)
		if to == "" {
			continue
		}
		from := filepath.Join(root, strings.ReplaceAll(e.name, "/", "_"))
		text := e.text
		if strings.HasPrefix(e.name, "man/") {
			to += ".gz" // as Debian wants it
			if text, err = gzipped(text); err != nil {
				return err
			}
		}
		if err := os.WriteFile(from, text, 0o600); err != nil {
			return err
		}
		contents = append(contents, r.content(from, to, 0o644))
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := r.onePackage(format, p.arch, contents); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

func (r *release) onePackage(format, arch string, contents files.Contents) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "usher", Arch: arch, Platform: "linux", Version: r.version, MTime: r.date, Section: "admin", Priority: "optional",
		Maintainer:  "The usher authors <https://github.com/usher-cli/usher>",
		Description: "Keeps Power Automate and Microsoft 365 licenses as a repository says.",
		Homepage:    "https://github.com/usher-cli/usher", License: "Apache-2.0", Vendor: "The usher authors",
	})
	info.Contents = contents
	info.RPM.BuildHost = "localhost" // and not the name of this machine
	info = nfpm.WithDefaults(info)
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	f, err := os.Create(r.path(packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := packager.Package(info, f); err != nil {
		return err
	}
	return f.Close()
}

func (r *release) content(from, to string, mode os.FileMode) *files.Content {
	return &files.Content{Source: from, Destination: to,
		FileInfo: &files.ContentFileInfo{Mode: mode, MTime: r.date, Owner: "root", Group: "root"}}
}

// placeOf is where a file goes on a system; "" where it does not.
func placeOf(name string) string {
	base := filepath.Base(name)
	switch {
	case strings.HasPrefix(name, "man/"):
		return "/usr/share/man/man1/" + base
	case base == "usher.bash":
		return "/usr/share/bash-completion/completions/usher"
	case base == "_usher":
		return "/usr/share/zsh/vendor-completions/_usher"
	case base == "usher.fish":
		return "/usr/share/fish/vendor_completions.d/usher.fish"
	case base == "LICENSE":
		return "/usr/share/doc/usher/copyright"
	}
	return ""
}
