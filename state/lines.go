package state

import (
	"fmt"
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
func (l Line) Origin() (ledger.Origin, bool) {
	place, block, _ := strings.Cut(string(l), " ")
	at := strings.LastIndexByte(place, ':')
	if at < 1 {
		return ledger.Origin{}, false
	}
	n, err := strconv.Atoi(place[at+1:])
	return ledger.Origin{File: place[:at], Line: n, Block: block}, err == nil && n > 0
}

// plausible refuses a line that no run has written.
func (l Line) plausible() error {
	if _, is := l.Origin(); l != "" && !is {
		return fmt.Errorf("%w: %q is no line of a file", ErrDamaged, string(l))
	}
	return nil
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

// Follow brings the lines of records up to date with the wants of the files, sorted by key:
// lines move when somebody edits a file.
func (d *Document) Follow(wants []ledger.Grant) {
	at := 0
	for i := range d.Grants {
		r := &d.Grants[i]
		for at < len(wants) && wants[at].Key().Compare(r.Key()) < 0 {
			at++
		}
		if at < len(wants) && wants[at].Key() == r.Key() {
			if from := lineOf(wants[at].Origins); from != r.From {
				r.From = from
			}
		}
	}
}
