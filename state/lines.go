package state

import (
	"slices"
	"strconv"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Line is the line of a file that asked for a grant, and the block that it stands in:
// "people.csv:4 assignment.office". It tells readers of a removal what is gone, and nothing
// is decided by it.
type Line string

// lineOf is the first of some origins.
func lineOf(origins []ledger.Origin) Line {
	if len(origins) == 0 {
		return ""
	}
	o := origins[0]
	return Line(strings.TrimSpace(o.String() + " " + o.Block))
}

// Origin takes a line apart; false where it is none.
//
// The name of a file can have blanks and colons, so the place ends with the first number that
// stands behind a colon and before a blank or the end.
func (l Line) Origin() (ledger.Origin, bool) {
	for at := 1; at < len(l); at++ {
		if l[at] != ':' {
			continue
		}
		number, block, _ := strings.Cut(string(l[at+1:]), " ")
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			return ledger.Origin{File: string(l[:at]), Line: n, Block: block}, true
		}
	}
	return ledger.Origin{}, false
}

// AskedBy is the line that asked for a grant on record; false where nobody knows.
func (d *Document) AskedBy(k ledger.Key) (ledger.Origin, bool) {
	if d == nil {
		return ledger.Origin{}, false
	}
	at, found := slices.BinarySearchFunc(d.Grants, k, func(r Record, k ledger.Key) int { return r.Key().Compare(k) })
	if !found {
		return ledger.Origin{}, false
	}
	return d.Grants[at].From.Origin()
}

// Matches are why selections covered the grants on record, by key.
func (d *Document) Matches() map[ledger.Key]ledger.Match {
	all := map[ledger.Key]ledger.Match{}
	if d != nil {
		for i := range d.Grants {
			if m := d.Grants[i].Match; m != nil {
				all[d.Grants[i].Key()] = *m
			}
		}
	}
	return all
}

// Follow brings the lines of records up to date with the wants of the files, sorted by key, and
// with why selections cover their holders: lines move when somebody edits a file.
func (d *Document) Follow(wants []ledger.Grant, matches map[ledger.Key]ledger.Match) {
	at := 0
	for i := range d.Grants {
		r := &d.Grants[i]
		for at < len(wants) && wants[at].Key().Compare(r.Key()) < 0 {
			at++
		}
		if at < len(wants) && wants[at].Key() == r.Key() {
			r.From, r.Match = lineOf(wants[at].Origins), nil
			if m, covered := matches[r.Key()]; covered {
				r.Match = &m
			}
		}
	}
}
