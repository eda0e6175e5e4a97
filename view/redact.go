package view

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Pseudonyms stand for people in what strangers may read, such as the log of a public
// pipeline. A person has the same one in all pages, as long as the key is the same.
//
// A pseudonym is made of the name and of a secret key: without the key nobody can try
// names until one fits.
type Pseudonyms struct {
	Key    []byte            `json:"key"`
	People map[string]string `json:"people"` // who is behind each pseudonym
}

// pseudonymBytes make two people with one pseudonym unlikely among a million.
const pseudonymBytes = 8

// of is the pseudonym of a name, in whatever case it is written. A pseudonym stays as it is.
func (p *Pseudonyms) of(name string) string {
	if _, is := p.People[name]; is {
		return name
	}
	mac := hmac.New(sha256.New, p.Key)
	mac.Write([]byte(strings.ToLower(name))) // which never fails
	pseudonym := "person-" + hex.EncodeToString(mac.Sum(nil)[:pseudonymBytes])
	if _, known := p.People[pseudonym]; !known {
		p.People[pseudonym] = name
	}
	return pseudonym
}

var (
	// personAddress is the address of a person. The name ends before an item, or where the
	// sentence goes on.
	personAddress = regexp.MustCompile(`\buser/[^\s:,;"()<>\[\]{}|]+`)
	// mailName is the name of an account, such as o'neill@contoso.com.
	mailName = regexp.MustCompile(`[^\s:,;"()<>\[\]{}|/@]+@[^\s:,;"()<>\[\]{}|/@]+`)
	// personPath is the path of a request about a person.
	personPath = regexp.MustCompile(`/users/[0-9a-fA-F-]{36}`)
	objectID   = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)
)

// text puts pseudonyms in the place of people in a text. Ids are those of people.
func (p *Pseudonyms) text(text string, ids map[string]bool) string {
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
	if len(ids) == 0 {
		return text
	}
	return objectID.ReplaceAllStringFunc(text, func(found string) string {
		if ids[strings.ToLower(found)] {
			return p.of(found)
		}
		return found
	})
}

// redacted is a copy of a value, with pseudonyms for people in every text of it.
func redacted[T any](p *Pseudonyms, v T) T {
	r := redactor{p, map[string]bool{}}
	r.collect(reflect.ValueOf(v))
	return r.copied(reflect.ValueOf(&v).Elem()).Interface().(T)
}

// redactor walks values.
type redactor struct {
	people *Pseudonyms
	ids    map[string]bool // of people, in lower case
}

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
		switch h := v.Interface().(type) {
		case ledger.Holder:
			r.note(h.Kind, h.ID)
		case ledger.Key:
			r.note(h.Kind, h.Holder)
		case time.Time:
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.collect(v.Field(i))
			}
		}
	default: // nobody is in a number
	}
}

func (r redactor) note(kind ledger.HolderKind, id string) {
	if kind == ledger.User && id != "" {
		r.ids[strings.ToLower(id)] = true
	}
}

// copied is a copy of a value that shares nothing with it that has a text.
func (r redactor) copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(r.people.text(v.String(), r.ids))
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
	case ledger.Holder: // who was deleted has an id for a name
		if h.Kind == ledger.User {
			out.Set(reflect.ValueOf(ledger.Holder{Kind: h.Kind, ID: r.people.of(h.ID), Name: r.people.of(h.Name)}))
			return
		}
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out.Field(i).Set(r.copied(v.Field(i)))
		}
	}
}
