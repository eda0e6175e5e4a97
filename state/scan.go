package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// grantsOpen and grantsClose enclose the lines of grants as Encode writes
// them. A document of 100,000 grants is nearly all such lines, and cutting
// them apart costs an eighth of decoding them as JSON.
const (
	grantsOpen  = "\n  \"grants\": ["
	grantsClose = "\n  ]"
)

// split cuts a document into its grant lines and the rest, which is the same
// document without grants. A document of another layout has no such lines,
// and all of it is the rest.
func split(text []byte) (lines string, rest []byte) {
	start := bytes.Index(text, []byte(grantsOpen)) + len(grantsOpen)
	if start < len(grantsOpen) || start >= len(text) || text[start] != '\n' { // an empty list; those of the claims come later
		return "", text
	}
	start++
	end := bytes.Index(text[start:], []byte(grantsClose))
	if end < 0 {
		return "", text
	}
	rest = append(bytes.Clone(text[:start]), text[start+end:]...)
	return string(text[start : start+end]), rest
}

// records reads grant lines.
func records(lines string) ([]Record, error) {
	all := make([]Record, 0, strings.Count(lines, "\n")+1)
	own := texts{}
	for n := 0; lines != ""; n++ {
		line, more, found := strings.Cut(lines, "\n")
		if marked(line) {
			return nil, fmt.Errorf(
				"%w: line %d of its grants is a mark of a merge (%.7s): two versions were merged by git, and a state cannot be; keep one of them",
				ErrDamaged,
				n+1,
				line,
			)
		}
		if body, comma := strings.CutSuffix(line, ","); comma == found {
			line = body
		} else {
			return nil, fmt.Errorf("%w: the text after grant %d is wrong", ErrDamaged, n+1)
		}
		r, ok := plainRow(strings.TrimPrefix(line, "    "))
		if !ok {
			dec := json.NewDecoder(strings.NewReader(line))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&r); err != nil || dec.More() {
				return nil, fmt.Errorf("%w: grant %d: %w", ErrDamaged, n+1, orMore(err))
			}
		}
		g, err := r.grant()
		if err != nil {
			return nil, err
		}
		all = append(all, Record{g, r.Since, r.From, r.Match})
		own.keep(&all[len(all)-1])
		lines = more
	}
	return all, nil
}

// texts are those that many records share. What a record has is taken out of the lines: they are
// several times as large, and would stay in memory for as long as one of them is of use.
type texts map[string]string

func (t texts) keep(r *Record) {
	r.Holder.Kind = ledger.HolderKind(t.shared(string(r.Holder.Kind)))
	r.Item.ID, r.Item.Name, r.Since = t.shared(r.Item.ID), t.shared(r.Item.Name), t.shared(r.Since)
	id, name := len(r.Holder.ID), len(r.Holder.ID)+len(r.Holder.Name)
	all := r.Holder.ID + r.Holder.Name + string(r.From)
	r.Holder.ID, r.Holder.Name, r.From = all[:id], all[id:name], Line(all[name:])
}

func (t texts) shared(text string) string {
	one, known := t[text]
	if !known {
		one = strings.Clone(text)
		t[one] = one
	}
	return one
}

// marked reports whether a line is what git leaves where it could not merge.
func marked(line string) bool {
	return strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>")
}

// mergeMark is the first line of a text that git has left where it could not merge; 0 for none.
func mergeMark(text []byte) int {
	n := 0
	for line := range bytes.Lines(text) {
		if n++; marked(string(line[:min(len(line), 8)])) {
			return n
		}
	}
	return 0
}

func orMore(err error) error {
	if err == nil {
		return errMore
	}
	return err
}

// plainRow reads a line that has just what nearly all have: a grant without
// service plans and without anything that JSON escapes.
func plainRow(line string) (r row, ok bool) {
	for i := 0; i < len(line); i++ {
		if c := line[i]; c < ' ' || c > '~' || c == '\\' {
			return row{}, false
		}
	}
	var units string
	for _, f := range []struct {
		before string
		value  *string
		end    byte
	}{
		{`{"address":"`, (*string)(&r.Address), '"'},
		{`,"holder":"`, &r.Holder, '"'},
		{`,"item":"`, &r.Item, '"'},
		{`,"units":`, &units, ','},
		{`"since":"`, &r.Since, '"'},
	} {
		rest, found := strings.CutPrefix(line, f.before)
		at := strings.IndexByte(rest, f.end)
		if !found || at < 0 {
			return row{}, false
		}
		*f.value, line = rest[:at], rest[at+1:]
	}
	if from, found := strings.CutPrefix(line, `,"from":"`); found {
		end := strings.IndexByte(from, '"')
		if end < 1 {
			return row{}, false
		}
		r.From, line = Line(from[:end]), from[end+1:]
	}
	n, err := strconv.ParseInt(units, 10, 64)
	r.Units = n
	return r, err == nil && line == "}" && units == strconv.FormatInt(n, 10)
}
