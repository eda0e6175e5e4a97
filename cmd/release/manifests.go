package main

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// templates are the manifests of package managers. A fork changes the address with -url.
//
//go:embed templates
var templates embed.FS

// manifests fills the manifests of Homebrew, winget and Scoop with the version, the
// addresses and the checksums of this release.
func (r *release) manifests() error {
	t, err := template.New("").Funcs(template.FuncMap{"sum": r.sum, "url": r.address}).ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	windows := 0 // programs, of which the manifests name both
	for _, p := range r.programs {
		if p.os == "windows" {
			windows++
		}
	}
	for _, m := range []struct {
		windows  int
		from, to string
	}{
		{0, "usher.rb", "homebrew/usher.rb"},
		{2, "scoop.json", "scoop/usher.json"},
		{2, "winget.yaml", "winget/usher.usher.yaml"},
		{2, "winget.installer.yaml", "winget/usher.usher.installer.yaml"},
		{2, "winget.locale.yaml", "winget/usher.usher.locale.en-US.yaml"},
	} {
		if windows < m.windows {
			continue
		}
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, m.from, map[string]string{"Version": r.version, "Date": r.date.Format("2006-01-02")}); err != nil {
			return err
		}
		to := r.path(m.to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sum is the checksum of a file of the release, such as windows_amd64.zip.
func (r *release) sum(rest string) (string, error) {
	text, err := os.ReadFile(filepath.Join(r.out, r.named(rest)))
	return strings.TrimPrefix(digestOf(text), "sha256:"), err
}

// address is where a file of the release can be loaded from.
func (r *release) address(rest string) string {
	return fmt.Sprintf("%s/v%s/%s", r.url, r.version, r.named(rest))
}

func (r *release) named(rest string) string { return "usher_" + r.version + "_" + rest }
