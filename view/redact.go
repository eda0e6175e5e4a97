package view

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// Pseudonyms stand for people in what strangers may read, such as the log of a public
// pipeline. A person has the same one in all pages, as long as the key is the same.
//
// A pseudonym is made of the name and of a secret key: without the key nobody can try
// names until one fits.
type Pseudonyms struct {
	key []byte

	mu     sync.Mutex        // requests are traced while results are shown
	people map[string]string // who is behind each pseudonym
	ids    map[string]bool   // of people, in lower case
}

// NewPseudonyms makes pseudonyms with a key.
func NewPseudonyms(key []byte) *Pseudonyms {
	return &Pseudonyms{key: key, people: map[string]string{}, ids: map[string]bool{}}
}

// pseudonymFile is how pseudonyms are kept.
type pseudonymFile struct {
	Key    []byte            `json:"key"`
	People map[string]string `json:"people"`
}

// MarshalJSON implements json.Marshaler.
func (p *Pseudonyms) MarshalJSON() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.Marshal(pseudonymFile{p.key, p.people})
}

// UnmarshalJSON implements json.Unmarshaler. A pseudonym that is not made of its name is an
// error: somebody could let a name stand for itself.
func (p *Pseudonyms) UnmarshalJSON(text []byte) error {
	var f pseudonymFile
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	p.key, p.people, p.ids = f.Key, map[string]string{}, map[string]bool{}
	for pseudonym, name := range f.People {
		if p.made(name) != pseudonym {
			return fmt.Errorf("%s is no pseudonym of this key", pseudonym)
		}
		p.people[pseudonym] = name
	}
	if len(f.Key) != KeyBytes {
		return errors.New("it has no key")
	}
	return nil
}

// KeyBytes is how long a key is.
const KeyBytes = 32

// Know adds the ids of the people that a value is about: a text may name one of them later.
func (p *Pseudonyms) Know(v any) {
	if p != nil {
		redactor{p}.collect(reflect.ValueOf(v))
	}
}

// Name is the name behind a pseudonym, or the text itself where it is none.
func (p *Pseudonyms) Name(text string) string {
	if p == nil {
		return text
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.people[text], text)
}

// of is the pseudonym of a name, in whatever case it is written. A pseudonym stays as it is.
func (p *Pseudonyms) of(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, is := p.people[name]; is {
		return name
	}
	pseudonym := p.made(name)
	if _, known := p.people[pseudonym]; !known {
		p.people[pseudonym] = name
	}
	return pseudonym
}

// made is the pseudonym that the key makes of a name. The name of a group of drift is a hash
// of people's names, which anybody could try: it keeps its look, and becomes another one.
func (p *Pseudonyms) made(name string) string {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(strings.ToLower(name))) // which never fails
	sum := hex.EncodeToString(mac.Sum(nil))
	if driftName.MatchString(name) {
		return "drift:" + sum[:driftDigits]
	}
	return "person-" + sum[:pseudonymDigits]
}

// pseudonymDigits make two people with one pseudonym unlikely among a million.
const pseudonymDigits, driftDigits = 16, 8

var (
	// personAddress is the address of a person. The name ends before an item, or where the
	// sentence goes on.
	personAddress = regexp.MustCompile(`\buser/[^\s:,;"()<>\[\]{}|]+`)
	// mailName is the name of an account, such as o'neill@contoso.com.
	mailName = regexp.MustCompile(`[^\s:,;"()<>\[\]{}|/@]+@[^\s:,;"()<>\[\]{}|/@]+`)
	// personPath is the path of a request about a person.
	personPath = regexp.MustCompile(`/users/[0-9a-fA-F-]{36}`)
	driftName  = regexp.MustCompile(`\bdrift:[0-9a-f]{8}\b`)
	objectID   = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
)

// text puts pseudonyms in the place of people in a text.
func (p *Pseudonyms) text(text string) string {
	text = personAddress.ReplaceAllStringFunc(text, func(found string) string {
		address := strings.TrimRight(found, ".'")
		_, name, err := ledger.SplitHolder(address)
		if err != nil {
			name = strings.TrimPrefix(address, "user/")
		}
		return "user/" + p.of(name) + found[len(address):]
	})
	text = mailName.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, ".'`*")
		before, after, _ := strings.Cut(found, name)
		return before + p.of(name) + after
	})
	text = personPath.ReplaceAllStringFunc(text, func(found string) string {
		return "/users/" + p.of(strings.TrimPrefix(found, "/users/"))
	})
	text = driftName.ReplaceAllStringFunc(text, p.of)
	return objectID.ReplaceAllStringFunc(text, func(found string) string {
		if p.isPerson(found) {
			return p.of(found)
		}
		return found
	})
}

func (p *Pseudonyms) isPerson(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ids[strings.ToLower(id)]
}

// redacted is a copy of a value, with pseudonyms for people in every text of it.
func redacted[T any](p *Pseudonyms, v T) T {
	r := redactor{p}
	r.collect(reflect.ValueOf(v))
	return r.copied(reflect.ValueOf(&v).Elem()).Interface().(T)
}

// redactor walks values.
type redactor struct{ people *Pseudonyms }

// collect notes the ids of people.
func (r redactor) collect(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			r.collect(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			r.collect(v.Index(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			r.collect(it.Value())
		}
	case reflect.Struct:
		if _, is := v.Interface().(time.Time); is {
			return
		}
		r.noteIn(v.Interface())
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.collect(v.Field(i))
			}
		}
	default: // nobody is in a number
	}
}

// noteIn notes the ids in what is about somebody.
func (r redactor) noteIn(v any) {
	switch v := v.(type) {
	case ledger.Holder:
		r.note(v.Kind, v.ID)
	case ledger.Key:
		r.note(v.Kind, v.Holder)
	case plan.Drift:
		if !v.App {
			r.note(ledger.User, v.ByID)
		}
	case state.Change:
		if kind, _, _, err := v.Address.Split(); err == nil {
			r.note(kind, v.Holder)
		}
	}
}

func (r redactor) note(kind ledger.HolderKind, id string) {
	if kind == ledger.User && id != "" {
		r.people.mu.Lock()
		r.people.ids[strings.ToLower(id)] = true
		r.people.mu.Unlock()
	}
}

// copied is a copy of a value that shares nothing with it that has a text.
func (r redactor) copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(r.people.text(v.String()))
	case reflect.Struct:
		r.copyFields(out, v)
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		if !v.IsNil() {
			r.copyContents(out, v)
		}
	default: // nobody is in a number
	}
	return out
}

func (r redactor) copyContents(out, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(r.copied(v.Elem()))
	case reflect.Interface:
		out.Set(r.copied(v.Elem()))
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(r.copied(v.Index(i)))
		}
	default:
		out.Set(reflect.MakeMap(v.Type()))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(r.copied(it.Key()), r.copied(it.Value()))
		}
	}
}

func (r redactor) copyFields(out, v reflect.Value) {
	switch h := v.Interface().(type) {
	case time.Time:
		return
	case Source: // a line of a file can have anything beside a name
		h.File, h.Text = r.people.text(h.File), ""
		out.Set(reflect.ValueOf(h))
		return
	case ledger.Holder: // who was deleted has an id for a name
		if h.Kind == ledger.User && h.ID != "" {
			out.Set(reflect.ValueOf(ledger.Holder{Kind: h.Kind, ID: r.people.of(h.ID), Name: r.people.of(h.Name)}))
			return
		}
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out.Field(i).Set(r.copied(v.Field(i)))
		}
	}
	switch h := v.Interface().(type) {
	case ledger.Step: // an attribute can be a job title that only one person has
		out.FieldByName("Because").SetString("")
	case ledger.Match:
		out.FieldByName("Values").SetZero()
	case plan.DriftGroup:
		out.FieldByName("ID").SetString(r.group(h.ID))
	case plan.Drift:
		out.FieldByName("Group").SetString(r.group(h.Group))
	}
}

// group is another name for a group of drift.
func (r redactor) group(id string) string {
	return strings.TrimPrefix(r.people.text("drift:"+id), "drift:")
}
