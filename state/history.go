package state

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Head is the end of the history as the state knows it: a later cut or edit of
// what is before it shows.
type Head struct {
	Mark
	Hash string `json:"hash"` // of the last line
	// Seq is the number of the last entry where lines before it were lost, so that
	// it is not the number of lines: the loss stays visible.
	Seq int64 `json:"seq,omitempty"`
}

// mostEntries is more than any history has: what says that it is longer was not
// written by usher.
const mostEntries = 1 << 52

// plausible refuses what no history has.
func (h *Head) plausible() error {
	if h != nil && (h.Lines < 0 || h.Bytes < 0 || h.Seq < 0 || h.Lines > 2*mostEntries || h.Seq > 2*mostEntries) {
		return fmt.Errorf("%w: the end of the history is before its beginning, or further than any history goes", ErrDamaged)
	}
	return nil
}

// last is the number of the last entry.
func (h Head) last() int64 { return cmp.Or(h.Seq, h.Lines) }

// behind is the end of a history of which a state knows a head, where these lines
// were read behind its mark, or all there are where what is before the mark is not
// what it was. The hash of the last line that the state knows is taken from the
// state: an edit of that line stays visible.
func (h Head) behind(lines [][]byte, end Mark) (next Head, cut bool) {
	next, cut = Head{Mark: end, Hash: h.Hash, Seq: h.last()}, end.Lines < h.Lines
	if n := len(lines); n > 0 {
		var l link
		read := json.Unmarshal(lines[n-1], &l) == nil
		if read && l.Seq > h.last() && l.Seq < mostEntries { // of a run that was killed before the state knew
			next.Hash, next.Seq = hashOf(lines[n-1]), l.Seq
		}
		cut = cut || read && l.Seq < h.last()
	}
	if next.Seq == end.Lines {
		next.Seq = 0
	}
	return next, cut
}

// Kind says what an entry of the history is about.
type Kind string

// A run is one entry that it began, the calls that it was about to make, what
// became of them, and one entry that it ended. An edit is a change of the state
// by hand.
const (
	Began   Kind = "began"
	Planned Kind = "calls"
	Results Kind = "results"
	Ended   Kind = "ended"
	Edited  Kind = "edited"
)

// Entry is one line of the history.
type Entry struct {
	Seq  int64     `json:"seq"`  // from 1
	Prev string    `json:"prev"` // hash of the line before
	Run  string    `json:"run"`
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	// What follows is one value in Sealed where the history is encrypted.
	*Facts
	Sealed []byte `json:"sealed,omitempty"`

	line int64 // at which it was read
}

// Facts are what an entry says beside its place in the history.
type Facts struct {
	By      *By        `json:"by,omitempty"`      // of began and edited
	Calls   []Planning `json:"calls,omitempty"`   // of calls
	Results []Outcome  `json:"results,omitempty"` // of results
	Records []Change   `json:"records,omitempty"` // of calls: what was only recorded
	What    string     `json:"what,omitempty"`    // of edited: the verb and its arguments
	End     *End       `json:"end,omitempty"`     // of ended
}

// By says who did something, from where, and on what.
type By struct {
	Who       string `json:"who"`
	Operation string `json:"operation"`
	Where     string `json:"where,omitempty"`  // address of the pipeline's run
	Commit    string `json:"commit,omitempty"` // of the configuration
	Usher     string `json:"usher"`            // its version
	Digest    string `json:"digest,omitempty"` // of the plan
	Undoes    string `json:"undoes,omitempty"` // the run that the plan reverses
	Serial    uint64 `json:"serial"`           // of the state it began on
	Tenant    string `json:"tenant"`
	Override  string `json:"override,omitempty"` // why the guard was set aside for the run; "" where it was not
	Unread    int    `json:"unread,omitempty"`   // parts of the tenant that the plan was made without
}

// Change is one step: what there was and what there was to be, and the lines
// that wanted it.
type Change struct {
	Op      ledger.Op       `json:"op"`
	Address ledger.Address  `json:"address"`
	Holder  string          `json:"holder"`
	Item    string          `json:"item"`
	Before  *ledger.Value   `json:"before,omitempty"`
	After   *ledger.Value   `json:"after,omitempty"`
	Taken   bool            `json:"taken,omitempty"` // what there was, was on no record
	Origins []ledger.Origin `json:"origins,omitempty"`
}

// Planning is one call of a run before it was made.
type Planning struct {
	ID     int      `json:"id"`
	Manual bool     `json:"manual,omitempty"` // for a person to do
	Steps  []Change `json:"steps"`
}

// Outcome is what became of one call.
type Outcome struct {
	ID      int    `json:"id"`
	Outcome string `json:"outcome"`
	Message string `json:"message,omitempty"`
	Request string `json:"request,omitempty"` // the service's id of it
	// Accepted says of a pending call that the service has taken it on.
	Accepted bool `json:"accepted,omitempty"`
	// Steps are those of a call that was not planned: it put somebody back.
	Steps []Change `json:"steps,omitempty"`
}

// End is how a run ended.
type End struct {
	Tally    ledger.Tally `json:"tally"`
	Complete bool         `json:"complete"`
}

// ChangeOf makes a change of a step.
func ChangeOf(s ledger.Step) Change {
	g := ledger.Grant{Holder: s.Holder, Item: s.Item}
	return Change{s.Op, g.Address(), s.Holder.ID, s.Item.ID, s.Before, s.After, s.Taken, s.Origins}
}

// Grant is the grant that a change is about, without its value.
func (c Change) Grant() (ledger.Grant, error) {
	return row{Address: c.Address, Holder: c.Holder, Item: c.Item}.grant()
}

func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// Journal adds to the history of one state, for one run.
type Journal struct {
	store *Store
	run   string
	head  Head
	// Cut says that the history ends before the state's own mark of it: it was
	// cut or is not there. It goes on from where it is, with the number and the
	// hash that the state knows, so that the place stays broken.
	Cut bool
}

// Journal opens the history behind what the document knows of it. The
// document's lock must be held.
func (s *Store) Journal(ctx context.Context, d *Document, run string) (*Journal, error) {
	if err := s.MayWrite(); err != nil {
		return nil, err
	}
	j := &Journal{store: s, run: run}
	if d != nil && d.History != nil {
		j.head = *d.History
	}
	lines, end, err := s.backend.Log(ctx, j.head.Mark)
	if err != nil {
		return nil, fmt.Errorf("the history of %s cannot be read: %w", s, err)
	}
	j.head, j.Cut = j.head.behind(lines, end)
	return j, nil
}

// Head returns the end of the history.
func (j *Journal) Head() Head { return j.head }

// Append adds entries, durably. An append whose outcome is not known is settled
// by reading.
func (j *Journal) Append(ctx context.Context, at time.Time, entries ...Entry) error {
	head := j.head
	lines := make([][]byte, len(entries))
	for i, e := range entries {
		e.Seq, e.Prev, e.Run, e.At = head.last()+1, head.Hash, j.run, at
		line, err := j.store.opts.Seal.entry(e)
		if err != nil {
			return err
		}
		lines[i] = line
		if head.Seq > 0 {
			head.Seq++
		}
		head.Mark, head.Hash = head.Add([][]byte{line}), hashOf(line)
	}
	if err := j.put(ctx, lines); err != nil {
		return fmt.Errorf("the history of %s cannot be written: %w", j.store, err)
	}
	j.head = head
	return nil
}

func (j *Journal) put(ctx context.Context, lines [][]byte) error {
	at := j.head.Mark
	for n := 1; ; n++ {
		_, err := j.store.backend.Append(ctx, at, lines)
		if err == nil || errors.Is(err, ErrUnprepared) || errors.Is(err, ErrLost) || n == mostWrites {
			return err
		}
		if !pause(ctx, firstPause<<(n-1)) {
			return err
		}
		found, end, readErr := j.store.backend.Log(ctx, at)
		switch {
		case readErr != nil || len(found) == 0:
		case len(found) <= len(lines) && bytes.Equal(JoinLines(found), JoinLines(lines[:len(found)])):
			if at, lines = end, lines[len(found):]; len(lines) == 0 { // a part of them may be there
				return nil
			}
		default:
			return ErrMoved
		}
	}
}

// entry writes one line of the history.
func (s *Seal) entry(e Entry) ([]byte, error) {
	if s.Sealing() {
		plain, err := json.Marshal(e.Facts)
		if err != nil {
			return nil, err
		}
		if e.Sealed, err = s.encrypt(plain); err != nil {
			return nil, err
		}
		e.Facts = nil
	}
	return json.Marshal(e)
}

// facts reads what an entry says.
func (s *Seal) facts(e *Entry) error {
	if len(e.Sealed) == 0 {
		if e.Facts == nil {
			e.Facts = &Facts{}
		}
		return nil
	}
	plain, err := s.decrypt(e.Sealed)
	if err != nil {
		return err
	}
	e.Facts = &Facts{}
	return json.Unmarshal(plain, e.Facts)
}
