package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/natefinch/atomic"

	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// SavePlan writes a plan, over an older plan but over nothing else, encrypted
// as the state is, and signed where the environment has a key for that.
//
// A plan names people and what they have. So it is encrypted for the same people as the
// state, and only its owner can read the file. What is there already and is no plan, such
// as a configuration whose name was typed behind -out=, stays.
func (l *Loaded) SavePlan(path string, p *plan.Plan) error {
	if !mayReplace(path) {
		return fmt.Errorf("%s is there and is not a plan, so it is not written over", path)
	}
	const usualCall = 512 // bytes
	var text bytes.Buffer
	text.Grow(len(p.Calls) * usualCall)
	if err := p.Save(&text); err != nil {
		return err
	}
	sealed, err := l.Store.Wrap(
		state.Header{Kind: state.PlanKind, Lineage: p.State.Lineage, Serial: p.State.Serial, Tenant: p.Tenant},
		text.Bytes(),
	)
	if err == nil {
		err = atomic.WriteFile(path, bytes.NewReader(sealed))
		if err == nil {
			err = os.Chmod(path, 0o600) // it names people
		}
		if err == nil {
			err = l.sign(path, sealed)
		}
	}
	if err != nil {
		return fmt.Errorf("the plan cannot be saved: %w", err)
	}
	return nil
}

// mayReplace reports whether there is nothing at a path, or a plan, for
// whomever it is encrypted.
func mayReplace(path string) bool {
	text, err := readPlan(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return false
	}
	plain, h, err := (*state.Seal)(nil).Unwrap(text)
	if h != nil {
		return h.Kind == state.PlanKind
	}
	return err == nil && plan.Begins(plain)
}

// readPlan reads a file that is one: a pipe or a device may never end.
func readPlan(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// digestName is how a digest of a plan is written.
var digestName = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Expected is the reviewed plan that a text names: a digest, or the path of a saved plan,
// which one of the signers has signed where there are any.
func (w *World) Expected(text string, by *Signers) (*plan.Expected, error) {
	if by != nil && strings.HasPrefix(text, "sha256:") {
		return nil, errors.New("a digest has no signature: name the file of the reviewed plan")
	}
	if digestName.MatchString(text) {
		return &plan.Expected{Digest: text}, nil
	}
	if strings.HasPrefix(text, "sha256:") {
		return nil, fmt.Errorf("%s is not a whole digest: copy the line Digest of the reviewed plan, with its 64 digits", text)
	}
	p, err := w.OpenPlan(w.Path(text), by)
	if err != nil {
		return nil, err
	}
	return &plan.Expected{Digest: p.Digest, Plan: p}, nil
}

// OpenPlan reads a plan. One that is encrypted needs no configuration, and the
// key of the environment.
//
// A plan comes from another job, as an artifact that anybody may have changed on the way.
// Its shape and its digest are checked before anything else looks at it, and before that
// its signature, where there are signers.
func (w *World) OpenPlan(path string, by *Signers) (*plan.Plan, error) {
	text, err := readPlan(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: usher plan -out=FILE saves a plan", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	}
	if by != nil {
		who, err := by.check(path, text)
		if err != nil {
			return nil, err
		}
		w.explain(fmt.Sprintf("The plan is signed by %s.", who))
	}
	keys, err := w.keys()
	if err != nil {
		return nil, err
	}
	seal, err := state.NewSeal(nil, keys)
	if err != nil {
		return nil, err
	}
	plain, h, err := seal.Unwrap(text)
	if h != nil && h.Kind != state.PlanKind {
		return nil, fmt.Errorf("%s: it is encrypted, and is not a plan", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := plan.Decode(plain)
	if err != nil {
		hint := ""
		if errors.Is(err, plan.ErrFormat) {
			hint = "; make it again with usher plan -out=FILE"
		}
		return nil, fmt.Errorf("%s: %w%s", path, err, hint)
	}
	return p, nil
}
