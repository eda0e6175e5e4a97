package state

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// envelope is what is around something encrypted, and stays readable.
type envelope struct {
	Version    int      `json:"version"`
	Kind       string   `json:"kind"`
	Lineage    string   `json:"lineage"`
	Serial     uint64   `json:"serial"`
	Tenant     string   `json:"tenant"`
	Recipients []string `json:"recipients"`
	Sealed     []byte   `json:"sealed"`
}

// What can be encrypted as a whole.
const (
	StateKind = "state"
	PlanKind  = "plan"
)

// Header is what stays readable of something encrypted.
type Header struct {
	Kind    string
	Lineage string
	Serial  uint64
	Tenant  string
}

// sealedHead finds the version of an envelope at its beginning.
func sealedHead() *regexp.Regexp { return regexp.MustCompile(`^\s*\{\s*"version"\s*:\s*2\s*,`) }

// Wrap encrypts what is plain, below a header. Without recipients it returns it
// as it is.
func (s *Seal) Wrap(h Header, plain []byte) ([]byte, error) {
	if !s.Sealing() {
		return plain, nil
	}
	sealed, err := s.encrypt(plain)
	if err != nil {
		return nil, err
	}
	return envelope{SealedVersion, h.Kind, h.Lineage, h.Serial, h.Tenant, s.names, sealed}.encode()
}

// encode writes an envelope. What is encrypted is long and plain, and is put in
// behind the rest, which takes a quarter of the time.
func (e envelope) encode() ([]byte, error) {
	sealed := e.Sealed
	e.Sealed = nil
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, err
	}
	const end = "\"\n}\n"
	text = slices.Grow(append(bytes.TrimSuffix(text, []byte("null\n}")), '"'), base64.StdEncoding.EncodedLen(len(sealed))+len(end))
	text = base64.StdEncoding.AppendEncode(text, sealed)
	return append(text, end...), nil
}

// decode is the inverse of encode; whatever else is JSON of an envelope it reads
// as well.
func (e *envelope) decode(text []byte) error {
	const mark = `"sealed": "` // in no text of the rest, where its quotes would be escaped
	head, rest, found := bytes.Cut(text, []byte(mark))
	sealed, tail, ended := bytes.Cut(rest, []byte(`"`))
	usual := found && ended && string(bytes.TrimSpace(tail)) == "}"
	if usual {
		text = slices.Concat(head, []byte(mark+`"}`))
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	err := dec.Decode(e)
	if _, end := dec.Token(); err == nil && !errors.Is(end, io.EOF) {
		err = errors.New("something follows it")
	}
	if usual && err == nil {
		e.Sealed, err = base64.StdEncoding.AppendDecode(nil, sealed)
	}
	return err
}

// Unwrap is the inverse of Wrap. What is not encrypted is returned as it is,
// with no header; what no key at hand opens is an error with a header.
func (s *Seal) Unwrap(text []byte) ([]byte, *Header, error) {
	text = PlainText(text)
	if !sealedHead().Match(text[:min(len(text), 64)]) {
		return text, nil, nil
	}
	var e envelope
	if err := e.decode(text); err != nil || len(e.Sealed) == 0 {
		return nil, nil, fmt.Errorf("%w: it is cut off, or usher did not encrypt it", ErrDamaged)
	}
	plain, err := s.decrypt(e.Sealed)
	h := &Header{e.Kind, e.Lineage, e.Serial, e.Tenant}
	if errors.Is(err, ErrSealed) {
		err = fmt.Errorf(
			"%w: it is for %s; set USHER_ENCRYPTION_KEY or USHER_ENCRYPTION_KEY_FILE to the private key of one of them. Nothing was written over it",
			ErrSealed,
			strings.Join(e.Recipients, ", "),
		)
	}
	return plain, h, err
}
