package plan

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	fastjson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/usher-cli/usher/ledger"
)

// ErrFormat means that a document is not a plan that this version reads.
var ErrFormat = errors.New("not a readable plan")

// Encode writes the plan as JSON, as plan -json does, described by
// docs/schema/plan.schema.json.
func (p *Plan) Encode(w io.Writer) error { return p.encode(w, true) }

// Save writes the same document with a call a line: it is a third shorter, and two plans
// can be compared line by line.
func (p *Plan) Save(w io.Writer) error { return p.encode(w, false) }

// encode writes the lists of a plan one element after the other: a document of a million
// steps is never in memory as a whole.
func (p *Plan) encode(w io.Writer, indented bool) error {
	shell := *p
	shell.Calls, shell.Records, shell.Pools = []ledger.Call{}, []ledger.Step{}, nonNil(p.Pools)
	e := encoder{w: bufio.NewWriterSize(w, 1<<16), indented: indented}
	rest := e.text(shell, "")
	for _, list := range []struct {
		name  string
		write func()
	}{{"calls", func() { elements(&e, p.Calls) }}, {"records", func() { elements(&e, p.Records) }}} {
		empty := `"` + list.name + `":[]` // no text has quotes that stand alone
		if indented {
			empty = `"` + list.name + `": []`
		}
		before, after, found := bytes.Cut(rest, []byte(empty))
		if !found {
			return fmt.Errorf("the plan has no list of %s", list.name)
		}
		e.put(before, []byte(strings.TrimSuffix(empty, "]")))
		list.write()
		rest = after
	}
	e.put(rest, []byte("\n"))
	return cmp.Or(e.err, e.w.Flush())
}

// encoder writes parts of a document, and remembers what went wrong first.
type encoder struct {
	w        *bufio.Writer
	indented bool
	err      error
}

// text is a value as JSON, behind a prefix in all lines but the first.
func (e *encoder) text(v any, prefix string) []byte {
	options := []fastjson.Options{jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), jsontext.EscapeForJS(false)}
	if e.indented {
		options = append(options, jsontext.WithIndentPrefix(prefix), jsontext.WithIndent(" "))
	}
	text, err := fastjson.Marshal(v, options...)
	e.err = cmp.Or(e.err, err)
	return text
}

func (e *encoder) put(parts ...[]byte) {
	for _, part := range parts {
		if _, err := e.w.Write(ledger.EscapeJSON(part)); err != nil {
			e.err = cmp.Or(e.err, err)
		}
	}
}

// elements writes the elements of a list, and its end.
func elements[T any](e *encoder, list []T) {
	between, end := "\n", "\n]"
	if e.indented {
		between, end = "\n  ", "\n ]"
	}
	for i := range list {
		if i > 0 {
			e.put([]byte(","))
		}
		e.put([]byte(between), e.text(&list[i], strings.TrimPrefix(between, "\n")))
	}
	if len(list) == 0 {
		end = "]"
	}
	e.put([]byte(end))
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
	p, err := decode(text)
	var wrong *fastjson.SemanticError
	if errors.As(err, &wrong) && errors.Is(err, fastjson.ErrUnknownName) {
		err = fmt.Errorf("unknown field %q", wrong.JSONPointer.LastToken())
	}
	var broken *jsontext.SyntacticError
	if errors.As(err, &broken) {
		err = broken.Err
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

// Begins reports whether a document begins as a plan does: it has a format and a digest before its
// calls. One that is cut off later does, too.
func Begins(text []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for found, format := false, false; dec.PeekKind() == '"'; {
		name, err := dec.ReadToken()
		switch {
		case err != nil:
			return false
		case name.String() == "calls":
			return found && format && dec.PeekKind() == '['
		case name.String() == "digest":
			var value jsontext.Value
			value, err = dec.ReadValue()
			found = bytes.HasPrefix(value, []byte(`"sha256:`))
		default:
			format = format || name.String() == "format"
			err = dec.SkipValue()
		}
		if err != nil {
			return false
		}
	}
	return false
}

// decode reads the lists one element after the other, and the rest as a whole: a document
// of a million steps is in memory once.
func decode(text []byte) (*Plan, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, errors.New("it is no JSON object")
	}
	const leastCall = 300 // bytes
	lines := min(bytes.Count(text, []byte("\n")), len(text)/leastCall)
	p, rest, once := &Plan{}, bytes.NewBufferString("{"), sharer{}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		switch {
		case err != nil:
		case name.String() == "calls":
			p.Calls, err = list(dec, lines, once.call)
		case name.String() == "records":
			p.Records, err = list(dec, 0, once.step)
		default:
			if rest.Len() > 1 {
				rest.WriteString(",")
			}
			fmt.Fprintf(rest, "%q:", name.String())
			var value jsontext.Value
			if value, err = dec.ReadValue(); err == nil {
				rest.Write(value)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if _, end := dec.ReadToken(); !errors.Is(end, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	calls, records := p.Calls, p.Records
	rest.WriteString("}")
	err := fastjson.Unmarshal(rest.Bytes(), p, fastjson.RejectUnknownMembers(true))
	p.Calls, p.Records = calls, records
	return p, err
}

// sharer keeps one of texts that are the same: each step of a plan names its holder, its
// item and its file once more.
type sharer map[string]string

func (s sharer) text(t *string) {
	if one, known := s[*t]; known {
		*t = one
		return
	}
	s[*t] = *t
}

func (s sharer) call(c *ledger.Call) {
	for i := range c.Steps {
		if c.Steps[i].Holder == c.Holder { // the same words, which are in memory twice
			c.Steps[i].Holder = c.Holder
		}
		s.step(&c.Steps[i])
	}
	for _, draws := range [][]ledger.Draw{c.Takes, c.Releases} {
		for i := range draws {
			s.text(&draws[i].Pool.Item)
			s.text(&draws[i].Pool.Environment)
		}
	}
}

func (s sharer) step(step *ledger.Step) {
	s.text(&step.Item.ID)
	s.text(&step.Item.Name)
	for i := range step.Origins {
		s.text(&step.Origins[i].File)
		s.text(&step.Origins[i].Block)
	}
}

// list reads the elements of a list, of which there are probably so many, and hands each one
// on; nil is a list, too.
func list[T any](dec *jsontext.Decoder, hint int, read func(*T)) ([]T, error) {
	switch t, err := dec.ReadToken(); {
	case err != nil:
		return nil, err
	case t.Kind() == 'n':
		return nil, nil
	case t.Kind() != '[':
		return nil, errors.New("it has something else in the place of a list")
	}
	all := make([]T, 0, hint)
	for dec.PeekKind() != ']' {
		var one T
		if err := fastjson.UnmarshalDecode(dec, &one, fastjson.RejectUnknownMembers(true)); err != nil {
			return nil, err
		}
		read(&one)
		all = append(all, one)
	}
	_, err := dec.ReadToken()
	return all, err
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
