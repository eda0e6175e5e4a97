package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/view"
)

// redactFlag adds the option of commands that name people.
func (a *app) redactFlag(cmd *cobra.Command) {
	cmd.Flags().Var(&named{&a.redact, "file"}, "redact", "show pseudonyms instead of people, and keep their names in `FILE`")
}

// keyBytes is how long the key of the pseudonyms is.
const keyBytes = 32

// openPseudonyms reads who is who. Where there is no such file, it is made before anything
// is shown: a pseudonym that nobody can resolve any more would help nobody.
func (a *app) openPseudonyms() error {
	if a.redact == "" {
		return nil
	}
	path := a.path(a.redact)
	text, err := os.ReadFile(path)
	p := &view.Pseudonyms{People: map[string]string{}}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Key = make([]byte, keyBytes)
		if _, err := rand.Read(p.Key); err != nil {
			return err
		}
		a.pseudonyms = p
		return a.savePseudonyms()
	case err != nil:
		return fmt.Errorf("-redact: %w", err)
	case json.Unmarshal(text, p) != nil || len(p.Key) != keyBytes || p.People == nil:
		return fmt.Errorf("-redact=%s is there and is not a file of pseudonyms, so it is not written over", a.redact)
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
