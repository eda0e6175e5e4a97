package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/view"
)

// redactFlag adds the option of commands that name people.
func (a *app) redactFlag(cmd *cobra.Command) {
	cmd.Flags().Var(&named{&a.redact, "file"}, "redact", "show pseudonyms instead of people, and keep their names in `FILE`")
}

// openPseudonyms reads who is who. Where there is no such file, it is made before anything
// is shown: a pseudonym that nobody can resolve any more would help nobody.
//
// A file that others can read is refused. So is one that a pull request brings along: a
// checkout lets everybody read it.
func (a *app) openPseudonyms() error {
	if a.redact == "" {
		return nil
	}
	path := a.path(a.redact)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		key := make([]byte, view.KeyBytes)
		if _, err := rand.Read(key); err != nil {
			return err
		}
		a.pseudonyms = view.NewPseudonyms(key)
		return a.savePseudonyms()
	case err != nil:
		return fmt.Errorf("-redact: %w", err)
	}
	p := &view.Pseudonyms{}
	if err := json.Unmarshal(text, p); err != nil {
		return fmt.Errorf("-redact=%s is there and is not a file of pseudonyms, so it is not written over: %w", a.redact, err)
	}
	const others = 0o077
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&others != 0 {
		return fmt.Errorf("-redact=%s can be read by others, who would know who is who: chmod 600 it, if it is yours", a.redact)
	}
	a.pseudonyms = p
	return nil
}

// savePseudonyms writes who is who. Only its owner can read the file.
func (a *app) savePseudonyms() error {
	if a.pseudonyms == nil {
		return nil
	}
	text, err := json.MarshalIndent(a.pseudonyms, "", " ")
	if err == nil {
		err = atomic.WriteFile(a.path(a.redact), bytes.NewReader(append(text, '\n')))
	}
	if err == nil {
		err = os.Chmod(a.path(a.redact), 0o600) // it names people
	}
	if err != nil {
		return fmt.Errorf("the file of the pseudonyms cannot be written: %w", err)
	}
	return nil
}
