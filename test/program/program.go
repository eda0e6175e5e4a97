// Package program builds the programs that tests run as processes of their own. It never runs them.
package program

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Run builds main packages for all tests of a package and runs these; dir is where the programs are
// then. It returns how to exit.
func Run(m *testing.M, dir *string, packages ...string) int {
	var err error
	if *dir, err = build(packages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(*dir) }()
	return m.Run()
}

// build compiles main packages into a new directory. They have the tags of the test. Nobody debugs
// what is in it, and it is linked faster without symbols.
func build(packages []string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "usher"); err != nil {
		return "", err
	}
	build := exec.Command("go", append([]string{"build", "-tags=" + Tags, "-ldflags=-s", "-o", dir}, packages...)...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
}
