package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// SealedVersion is the format of a document that is encrypted. What is inside
// has a version of its own.
const SealedVersion = 2

// ErrSealed means that a document is encrypted, and none of the keys at hand
// opens it.
var ErrSealed = errors.New("it is encrypted, and no key at hand opens it")

// Seal encrypts documents, plans and histories for recipients. A nil one
// leaves everything in plain text.
type Seal struct {
	recipients []age.Recipient
	names      []string
	identities []age.Identity
}

// NewSeal makes a seal for recipients (age1… or ssh-ed25519 and ssh-rsa public
// keys) that opens with keys: age identity files, or a private SSH key.
// Without recipients it only opens.
func NewSeal(recipients []string, keys string) (*Seal, error) {
	s := &Seal{}
	for _, text := range recipients {
		name, r, err := parseRecipient(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(s.names, name) {
			s.names, s.recipients = append(s.names, name), append(s.recipients, r)
		}
	}
	if strings.TrimSpace(keys) == "" {
		return s, nil
	}
	var err error
	s.identities, err = parseKeys(keys)
	return s, err
}

// CheckRecipient says what is wrong with a recipient, if anything is.
func CheckRecipient(text string) error {
	_, _, err := parseRecipient(text)
	return err
}

// parseRecipient reads a public key. The comment of an SSH key, which can name
// a person, is left out of its name.
func parseRecipient(text string) (string, age.Recipient, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "ssh-") {
		r, err := agessh.ParseRecipient(text)
		if err != nil {
			return "", nil, fmt.Errorf("not an SSH key that age can encrypt to (ssh-ed25519 or ssh-rsa): %w", err)
		}
		return strings.Join(strings.Fields(text)[:2], " "), r, nil
	}
	r, err := age.ParseX25519Recipient(text)
	if err != nil {
		return "", nil, errors.New("not a public key that starts with age1, ssh-ed25519 or ssh-rsa")
	}
	return text, r, nil
}

func parseKeys(text string) ([]age.Identity, error) {
	if strings.Contains(text, "-----BEGIN") {
		id, err := agessh.ParseIdentity([]byte(text))
		if err != nil {
			return nil, errors.New(
				"the private SSH key cannot be used: it has to be an ed25519 or RSA key, and without a passphrase",
			) // never with the key's text
		}
		return []age.Identity{id}, nil
	}
	ids, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		return nil, errors.New("the key is not one that age-keygen writes (AGE-SECRET-KEY-…) and not a private SSH key")
	}
	return ids, nil
}

// Sealing reports whether what is written is encrypted.
func (s *Seal) Sealing() bool { return s != nil && len(s.recipients) > 0 }

// readsItself makes sure that what is encrypted for the recipients can be read
// with the keys at hand.
func (s *Seal) readsItself() error {
	sealed, err := s.encrypt([]byte("?"))
	if err == nil {
		_, err = s.decrypt(sealed)
	}
	if err != nil {
		return fmt.Errorf(
			"nothing is written, because the key at hand would not open it: name its public key among the recipients, or set "+
				"USHER_ENCRYPTION_KEY to a key of one of them (%w)",
			err,
		)
	}
	return nil
}

func (s *Seal) encrypt(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(plain) + len(plain)/1000 + 4096) // what encryption adds
	w, err := age.Encrypt(&b, s.recipients...)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

func (s *Seal) decrypt(sealed []byte) ([]byte, error) {
	if s == nil || len(s.identities) == 0 {
		return nil, ErrSealed
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), s.identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrSealed
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the encrypted text was changed: %w", ErrDamaged, err)
	}
	var plain bytes.Buffer
	plain.Grow(len(sealed) + bytes.MinRead)
	if _, err := plain.ReadFrom(r); err != nil {
		return nil, fmt.Errorf("%w: the encrypted text was changed: %w", ErrDamaged, err)
	}
	return plain.Bytes(), nil
}

// Encode writes a document, encrypted where there are recipients.
func (s *Seal) Encode(d *Document) ([]byte, error) {
	return s.Wrap(Header{StateKind, d.Lineage, d.Serial, d.Tenant}, d.Encode())
}

// Decode reads a document, encrypted or not. The header of an encrypted one
// has to say what is inside.
func (s *Seal) Decode(text []byte) (*Document, error) {
	plain, h, err := s.Unwrap(text)
	if err != nil {
		return nil, err
	}
	d, err := Decode(plain)
	if err == nil && h != nil && *h != (Header{StateKind, d.Lineage, d.Serial, d.Tenant}) {
		return nil, fmt.Errorf("%w: its header belongs to another text", ErrDamaged)
	}
	return d, err
}
