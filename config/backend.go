package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// Backend says where the state is kept. What a file leaves out can come from the
// command line or the environment; secrets come from nowhere else.
type Backend struct {
	Kind   string
	Args   map[string]string // by name; a path as it is written
	Origin ledger.Origin     // zero where no file says anything
}

// BackendArguments are the arguments of every kind of backend.
func BackendArguments() map[string][]string {
	return map[string][]string{
		"file":     {"path"},
		"azblob":   {"account", "endpoint", "container", "key"},
		"http":     {"address", "update_method", "lock_address", "lock_method", "unlock_address", "unlock_method", "history_address", "username"},
		"postgres": {"connection", "schema", "name"},
	}
}

// backendKinds lists the kinds of stores.
func backendKinds() []string { return slices.Sorted(maps.Keys(BackendArguments())) }

// everyBackendArgument lists the arguments of all kinds.
func everyBackendArgument() []string {
	var all []string
	for _, kind := range backendKinds() {
		all = append(all, BackendArguments()[kind]...)
	}
	return all
}

// backend lowers the backend block.
//
//	backend "azblob" {
//	  account   = "contosolicenses"
//	  container = "usher"
//	}
//
// A password in an address is refused, also where it is right: the file is in Git, and what
// was committed once stays there.
func (l *lowering) backend(b *hclsyntax.Block) {
	kind := b.Labels[0]
	known, ok := BackendArguments()[kind]
	if !ok {
		l.fail(
			b.LabelRanges[0],
			"Unknown backend",
			"There is no backend %q; there are %s.%s",
			kind,
			strings.Join(backendKinds(), ", "),
			didYouMean(kind, backendKinds()),
		)
		return
	}
	l.cfg.Backend = Backend{Kind: kind, Args: map[string]string{}, Origin: origin(b)}
	for name, attr := range b.Body.Attributes {
		switch {
		case !slices.Contains(everyBackendArgument(), name): // reported by checkShape
			continue
		case !slices.Contains(known, name):
			l.fail(attr.NameRange, "Not an argument of this backend", "A backend %q has no %s; it has %s.", kind, name, strings.Join(known, ", "))
			continue
		}
		text, ok := l.eval.text(attr)
		if ok && holdsPassword(text) {
			d := failure(
				attr.Expr.Range(),
				"A secret in a file",
				"%s holds a password, and other people can read this file: remove it, and give it to usher in %s. If this file was "+
					"ever committed, change the password.",
				name,
				map[string]string{"http": "USHER_BACKEND_PASSWORD"}[kind]+map[string]string{"postgres": "PGPASSWORD"}[kind],
			)
			d.Extra = secretLine{}
			l.diags = append(l.diags, d)
			continue
		}
		if ok {
			l.cfg.Backend.Args[name] = text
		}
	}
}

var password = regexp.MustCompile(`(?i)^[a-z]+://[^/@]*:[^/@]+@|password\s*=|[?&](sig|token|private_token|password)=`)

// holdsPassword reports whether an address or a connection has one in it.
func holdsPassword(text string) bool { return password.MatchString(text) }

// encryption reads for whom the state is encrypted.
//
//	encryption {
//	  recipients = ["age1…", "ssh-ed25519 …"]
//	}
//
// An empty list is an error: it would mean that nobody can read the state any more.
func (l *lowering) encryption(b *hclsyntax.Block) {
	attr := b.Body.Attributes["recipients"]
	found := len(l.eval.diags)
	items, _ := l.eval.list(attr)
	if len(items) == 0 && attr != nil && len(l.eval.diags) == found && !l.eval.lacks(b) {
		l.fail(attr.Expr.Range(), "Nobody to encrypt for", "Name at least one public key, or leave the block out.")
	}
	for _, i := range items {
		if strings.Contains(strings.ToUpper(i.text), "SECRET-KEY") || strings.Contains(i.text, "PRIVATE KEY") {
			d := failure(
				i.at,
				"A secret in a file",
				"This is a private key, and recipients are public ones: write the key that starts with age1, and give this one to "+
					"usher in USHER_ENCRYPTION_KEY. If this file was ever committed, make a new key.",
			)
			d.Extra = secretLine{}
			l.diags = append(l.diags, d)
			continue
		}
		l.cfg.Recipients = append(l.cfg.Recipients, Recipient{strings.TrimSpace(i.text), i.at})
	}
}

// Recipient is a public key that the state is encrypted for.
type Recipient struct {
	Key string
	At  hcl.Range
}

// BackendFlag is a flag that completes a backend: what it is called, and its
// values, each NAME=VALUE or a file of such lines.
type BackendFlag struct {
	Name   string
	Values []string
}

// Complete reads a flag for a backend. The last of a name counts.
//
// What a file says counts as written in the block, because such a file is mostly in the
// repository: a pull request can change it, too. Only NAME=VALUE is set by the command line.
//
// A flag can be seen by every process of the machine and by the log of the job. So it takes
// no secret, and the message says which variable does.
func (b Backend) Complete(flag BackendFlag, read func(name string) ([]byte, error)) (written Backend, set map[string]string, err error) {
	written, set = b, map[string]string{}
	written.Args = maps.Clone(b.Args)
	for _, v := range flag.Values {
		if name, value, pair := strings.Cut(v, "="); pair {
			set[strings.TrimSpace(name)] = value
			continue
		}
		text, err := read(v)
		if err != nil {
			return b, nil, fmt.Errorf("%s=%s is neither NAME=VALUE nor a file that can be read: %s", flag.Name, v, plainError(err))
		}
		more, err := backendFile(flag.Name, v, text)
		if err == nil {
			err = flag.check(b.Kind, more)
		}
		if err != nil {
			return b, nil, err
		}
		if written.Args == nil {
			written.Args = map[string]string{}
		}
		for name, value := range more {
			written.Args[name] = value
			delete(set, name)
		}
	}
	return written, set, flag.check(b.Kind, set)
}

// check refuses arguments that a kind of backend has not, and secrets.
func (f BackendFlag) check(kind string, set map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		switch value := set[name]; {
		case holdsSecret.MatchString(name), holdsPassword(value):
			return fmt.Errorf(
				"%s: %s would put a secret where other processes and logs see it: set USHER_BACKEND_PASSWORD, "+
					"USHER_BACKEND_SAS_TOKEN or PGPASSWORD instead",
				f.Name,
				name,
			)
		case value == "":
			return fmt.Errorf("%s: %s is empty: give it a value, or leave it out", f.Name, name)
		case !slices.Contains(BackendArguments()[kind], name):
			return fmt.Errorf("%s: a backend %q has no %q; it has %s", f.Name, kind, name, strings.Join(BackendArguments()[kind], ", "))
		}
	}
	return nil
}

// backendFile reads the text of a file of arguments, which the command line calls by a name.
func backendFile(flag, name string, text []byte) (map[string]string, error) {
	if diags := checkNesting(text, name); diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", flag, diags)
	}
	file, diags := hclparse.NewParser().ParseHCL(text, name)
	if diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", flag, diags)
	}
	attrs, diags := file.Body.JustAttributes()
	if diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", flag, diags)
	}
	ev := &evaluator{ctx: &hcl.EvalContext{}}
	set := map[string]string{}
	for name, a := range attrs {
		v, problems := a.Expr.Value(nil)
		if problems.HasErrors() {
			ev.fail(a.Expr.Range(), "Not a text", "%s is no text by itself: put it in quotes.", name)
		} else if text, ok := ev.textOf(v, a.Range); ok {
			set[name] = text
		}
	}
	if ev.diags.HasErrors() {
		return nil, fmt.Errorf("%s: %w", flag, ev.diags)
	}
	return set, nil
}
