package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// goBuild compiles usher for a platform. The Go tool writes the commit into it, and no
// path of this machine.
func (r *release) goBuild(platform, to string) error {
	goos, goarch, found := strings.Cut(platform, "/")
	if !found {
		return fmt.Errorf("%q is no platform such as linux/amd64", platform)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w -buildid=", "-o", to, "./cmd/usher")
	cmd.Dir = r.repository
	cmd.Env = append(cmd.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build for %s: %w\n%s", platform, err, out)
	}
	return nil
}

// compileHost compiles usher for this machine, which says its version and writes its
// own manual.
func (r *release) compileHost(work string) (version string, err error) {
	host := filepath.Join(work, "host")
	if err := r.goBuild(runtime.GOOS+"/"+runtime.GOARCH, host); err != nil {
		return "", err
	}
	out, err := exec.Command(host, "version", "-json").Output()
	if err != nil {
		return "", fmt.Errorf("usher version: %w", err)
	}
	var built struct{ Version, Commit string }
	if err := json.Unmarshal(out, &built); err != nil {
		return "", err
	}
	if built.Commit != r.commit {
		return "", fmt.Errorf("the program is of the commit %q, and not of %s", built.Commit, r.commit)
	}
	return built.Version, nil
}

// compile adds the program of a platform.
func (r *release) compile(work, platform string) error {
	goos, goarch, _ := strings.Cut(platform, "/")
	p := program{os: goos, arch: goarch, path: filepath.Join(work, goos+"-"+goarch)}
	r.programs = append(r.programs, p)
	return r.goBuild(platform, p.path)
}

// extra is a file beside the program.
type extra struct {
	name string // in an archive
	text []byte
}

// extras are the manual, the completions, the license and the change log.
func (r *release) extras(work string) ([]extra, error) {
	host, man := filepath.Join(work, "host"), filepath.Join(work, "man")
	cmd := exec.Command(host, "man", man)
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.date.Unix()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("usher man: %w\n%s", err, out)
	}
	var all []extra
	pages, err := os.ReadDir(man)
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(man, page.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, extra{"man/" + page.Name(), text})
	}
	for shell, name := range map[string]string{"bash": "usher.bash", "zsh": "_usher", "fish": "usher.fish", "powershell": "usher.ps1"} {
		text, err := exec.Command(host, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("usher completion %s: %w", shell, err)
		}
		all = append(all, extra{"completions/" + name, text})
	}
	for _, name := range []string{"LICENSE", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(r.repository, name))
		if err != nil {
			return nil, err
		}
		all = append(all, extra{name, text})
	}
	slices.SortFunc(all, func(a, b extra) int { return strings.Compare(a.name, b.name) })
	return all, nil
}
