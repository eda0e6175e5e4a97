// Command release builds everything of usher that somebody can install: programs in
// archives and packages, an image for containers, the source, and the manifests of package
// managers, with a bill of materials, checksums, and a signature of these.
//
// It builds from the commit that is checked out, on this machine, and publishes nothing. The
// same commit gives the same bytes on every machine with the same Go.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// platforms are those of a release, as GOOS/GOARCH.
func platforms() []string {
	return []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}
}

// release is one on its way.
type release struct {
	repository string // directory of the clone
	out        string // directory of what is built
	url        string // where the files of a release can be loaded from
	version    string
	commit     string
	date       time.Time // of the commit: every file of the release has it
	files      []string  // that were built, by name
	programs   []program
}

// program is usher for one platform.
type program struct {
	os, arch string
	path     string // of the program
}

func main() {
	r := &release{}
	flag.StringVar(&r.repository, "repository", ".", "`DIR` of the clone to build from")
	flag.StringVar(&r.out, "out", "dist", "`DIR` for what is built, which is made anew")
	flag.StringVar(&r.url, "url", "https://github.com/usher-cli/usher/releases/download", "`ADDRESS` below which a fork puts its releases")
	only := flag.String("platforms", strings.Join(platforms(), ","), "`LIST` of platforms")
	changed := flag.Bool("snapshot", false, "build also where files are other than in the commit")
	flag.Parse()
	if err := r.build(strings.Split(*only, ","), *changed); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	fmt.Printf("usher %s of %s: %d files in %s\n", r.version, r.commit[:12], len(r.files), r.out)
}

// build makes the release.
func (r *release) build(platforms []string, changed bool) error {
	if err := r.look(changed); err != nil {
		return err
	}
	if err := r.clear(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "usher-release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // which nobody needs any more
	if r.version, err = r.compileHost(work); err != nil {
		return err
	}
	extras, err := r.extras(work)
	if err != nil {
		return err
	}
	for _, platform := range platforms {
		if err := r.compile(work, platform); err != nil {
			return err
		}
	}
	for _, p := range r.programs {
		if err := r.pack(p, extras); err != nil {
			return fmt.Errorf("%s/%s: %w", p.os, p.arch, err)
		}
	}
	for _, step := range []func() error{r.source, r.image, r.manifests, r.sign} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// clear empties the directory for what is built. A directory with anything else in it is
// refused, and stays as it is: somebody may have named a wrong one.
func (r *release) clear() error {
	entries, err := os.ReadDir(r.out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ours := []string{"SHA256SUMS", "SHA256SUMS.sig", "allowed_signers", "homebrew", "scoop", "winget"}
	for _, e := range entries {
		if !slices.Contains(ours, e.Name()) && !strings.HasPrefix(e.Name(), "usher_") {
			return fmt.Errorf("%s has %s, which no release makes: empty it, or name another directory with -out", r.out, e.Name())
		}
	}
	return errors.Join(os.RemoveAll(r.out), os.MkdirAll(r.out, 0o755))
}

// look reads the commit. Files that are other than in it are refused: nobody could build
// the release again.
func (r *release) look(changed bool) error {
	var err error
	if r.repository, err = filepath.Abs(r.repository); err != nil {
		return err
	}
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	status, err := r.git("status", "--porcelain")
	if err == nil && len(status) > 0 && !changed {
		err = fmt.Errorf("files are other than in the commit, and nobody could build this again: commit them, or add -snapshot\n%s", status)
	}
	if err != nil {
		return err
	}
	if r.commit, err = r.git("rev-parse", "HEAD"); err != nil {
		return err
	}
	seconds, err := r.git("log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	r.date = time.Unix(n, 0).UTC()
	return err
}

func (r *release) git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", r.repository}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// path is where a file of the release goes, which is noted.
func (r *release) path(name string) string {
	if !slices.Contains(r.files, name) {
		r.files = append(r.files, name)
	}
	return filepath.Join(r.out, name)
}
