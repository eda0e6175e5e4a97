// Package program builds the programs that tests run as processes of their own. It never runs them.
package program

import (
	"fmt"
	"os"
	"os/exec"
)

// Build compiles main packages into a new directory, which the caller removes. They have the tags of
// the test. Nobody debugs what is in it, and it is linked faster without symbols.
func Build(packages ...string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "usher"); err != nil {
		return "", err
	}
	build := exec.Command("go", append([]string{"build", "-tags=" + Tags, "-ldflags=-s", "-o", dir}, packages...)...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
}
