package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// ErrFormat means that a document is not a plan that this version reads.
var ErrFormat = errors.New("not a readable plan")

// Encode writes the plan as JSON, the format of saved plans and of
// plan -json, described by docs/schema/plan.schema.json.
func (p *Plan) Encode(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p.normal()); err != nil {
		return err
	}
	_, err := w.Write(ledger.EscapeJSON(b.Bytes()))
	return err
}

// normal makes empty lists of absent ones, where readers rely on a list.
func (p *Plan) normal() *Plan {
	q := *p
	q.Calls, q.Records, q.Pools = nonNil(q.Calls), nonNil(q.Records), nonNil(q.Pools)
	return &q
}

// nonNil makes a list that JSON shows as one, also where it is empty.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Decode reads a saved plan. The error wraps ErrFormat where the document is
// something else, of another format, or not what it was when it was saved.
func Decode(text []byte) (*Plan, error) {
	p := &Plan{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(p)
	if _, end := dec.Token(); err == nil && end != io.EOF {
		err = errors.New("something follows the document")
	}
	if err != nil || p.Format != Format {
		return nil, fmt.Errorf("%w: %w", ErrFormat, cmp.Or(otherFormat(text), err))
	}
	if err := p.check(); err != nil {
		return p, err
	}
	p.separateRestarts()
	return p, nil
}

// otherFormat is the error of a document that says of itself that it has another format.
func otherFormat(text []byte) error {
	var head struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(text, &head) != nil || head.Format == Format {
		return nil
	}
	return fmt.Errorf("its format is %d, and this usher reads format %d", head.Format, Format)
}

// separateRestarts reads the plans of an earlier usher, which had one op for both
// kinds of steps that change no grant.
func (p *Plan) separateRestarts() {
	for _, c := range p.Calls {
		for i := range c.Steps {
			if s := &c.Steps[i]; s.Op == ledger.Retry && s.Holder.Kind == ledger.Flow {
				s.Op = ledger.Restart
			}
		}
	}
}

// check refuses a plan whose steps are not those that its digest names, or
// that is not well formed.
func (p *Plan) check() error {
	for i, c := range p.Calls {
		if err := p.checkCall(i, c); err != nil {
			return err
		}
	}
	if at := slices.IndexFunc(p.Records, func(s ledger.Step) bool { return !s.Op.OnRecord() }); at >= 0 {
		return fmt.Errorf("%w: record %d is damaged", ErrFormat, at+1)
	}
	if err := p.checkWords(); err != nil {
		return err
	}
	for _, pool := range p.Pools {
		if pool.Label != "" && len(pool.Origins) == 0 {
			return fmt.Errorf("%w: the pool of %s does not say where it is declared", ErrFormat, pool.Item.Name)
		}
	}
	if p.Digest != digest(p) && p.Digest != earlierDigest(p) {
		return fmt.Errorf("%w: its content does not match its digest, so it was edited or damaged", ErrFormat)
	}
	return nil
}

// checkCall refuses a call that is not well formed; i is its position.
func (p *Plan) checkCall(i int, c ledger.Call) error {
	if slices.ContainsFunc(c.After, func(id int) bool { return id < 1 || id > len(p.Calls) || id == c.ID }) {
		return fmt.Errorf("%w: call %d comes after a call that is not there", ErrFormat, i+1)
	}
	if c.ID != i+1 || len(c.Steps) == 0 {
		return fmt.Errorf("%w: call %d is damaged", ErrFormat, i+1)
	}
	for _, s := range c.Steps {
		if s.Holder != c.Holder || s.Op.OnRecord() {
			return fmt.Errorf("%w: a step of call %d is damaged", ErrFormat, i+1)
		}
	}
	return nil
}
