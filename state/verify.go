package state

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// Break is a place where the history is not what was written.
type Break struct {
	Line int64  `json:"line"` // from 1
	Text string `json:"text"`
}

// Told is a whole history.
type Told struct {
	Entries []Entry
	Breaks  []Break // where its chain is broken
	Closed  int     // entries that no key at hand opens, or that a newer usher wrote
}

// History reads the whole history and checks its chain, for which no key is
// needed. The error is about reading alone.
func (s *Store) History(ctx context.Context, d *Document) (*Told, error) {
	lines, _, err := s.backend.Log(ctx, Mark{})
	if err != nil {
		return nil, fmt.Errorf("the history of %s cannot be read: %w", s, err)
	}
	told := &Told{Breaks: chain(lines, d)}
	for i, line := range lines {
		e := Entry{line: int64(i + 1)}
		if !json.Valid(line) {
			continue // a break
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if dec.Decode(&e) != nil || s.opts.Seal.facts(&e) != nil {
			told.Closed++
			continue
		}
		told.Entries = append(told.Entries, e)
	}
	return told, nil
}

// Run returns the run whose id is, or alone begins with, a text.
func (t *Told) Run(id string) (*Run, error) {
	run, err := FindRun(Runs(t.Entries), id)
	if err != nil && t.Closed > 0 {
		err = fmt.Errorf("%w, and it may be among the %d lines that the key at hand does not open", err, t.Closed)
	}
	return run, err
}

// Vouches fails where the history was cut or edited at what it says of a run, or
// right beside it: that is not to be relied on.
func (t *Told) Vouches(run *Run) error {
	for _, e := range t.Entries {
		for _, b := range t.Breaks {
			if e.Run == run.ID && b.Line >= e.line-1 && b.Line <= e.line+1 {
				return fmt.Errorf("the history of the run %s cannot be relied on: line %d %s; edit the files and apply instead", run.ID, b.Line, b.Text)
			}
		}
	}
	return nil
}

// link is what a line says of its place.
type link struct {
	Seq  int64  `json:"seq"`
	Prev string `json:"prev"`
}

// chain checks every line against the one before it, and the last ones against
// what the state knows.
func chain(lines [][]byte, d *Document) []Break {
	var head Head
	if d != nil && d.History != nil {
		head = *d.History
	}
	c := &chainer{known: head.last()}
	for _, line := range lines {
		c.add(line)
	}
	switch {
	case c.seq < c.known:
		c.named(c.at+1, "is missing, with all lines after it: the state knows %d entries, and the last one here is %d", c.known, c.seq)
	case c.knownAt > 0 && c.hash != head.Hash:
		c.loose(c.knownAt + 1)
	}
	return c.finish(c.at)
}

// chainer walks the lines of a history.
type chainer struct {
	breaks []Break
	prev   string
	seq    int64
	at     int64
	open   int64 // the last line whose link to the one before it does not hold

	known   int64  // the last entry that the state knows
	knownAt int64  // the line that it is at
	hash    string // and its hash
}

func (c *chainer) named(line int64, format string, args ...any) {
	c.breaks = append(c.breaks, Break{line, fmt.Sprintf(format, args...)})
}

func (c *chainer) add(line []byte) {
	c.at++
	c.link(line)
	if c.seq == c.known {
		c.knownAt, c.hash = c.at, hashOf(line)
	}
}

// link compares a line with the one before it.
func (c *chainer) link(line []byte) {
	var l link
	switch err := json.Unmarshal(line, &l); {
	case err != nil:
		c.named(c.at, "is not an entry any more: it was edited")
		l.Seq, c.open = c.seq+1, 0
		c.prev, c.seq = "", l.Seq // the next line cannot tell
		return
	case l.Seq != c.seq+1 && l.Prev == c.prev && (c.prev != "" || c.at == 1): // it does follow the line before it
		c.named(c.at, "was edited: it says that it is entry %d, and is entry %d", l.Seq, c.seq+1)
		c.prev, c.seq, c.open = "", c.seq+1, 0 // the next line cannot tell
		return
	case l.Seq > c.seq+1:
		c.named(c.at, "is entry %d and follows entry %d: %d missing between them", l.Seq, c.seq, l.Seq-c.seq-1)
	case l.Seq <= c.seq:
		c.named(c.at, "is entry %d and follows entry %d: it was moved or repeated", l.Seq, c.seq)
	case l.Prev != c.prev && (c.prev != "" || c.at == 1):
		c.loose(c.at)
	}
	c.prev, c.seq = hashOf(line), l.Seq
}

// loose notes that a line does not fit to the one before it. Of two in a row it
// is the line between them that was edited, else the one before.
func (c *chainer) loose(line int64) {
	if c.open == line-1 && c.open > 0 {
		c.breaks = c.breaks[:len(c.breaks)-1]
		c.open = 0
		c.named(line-1, "was edited, and perhaps line %d as well: the next line was written after another text", max(line-2, 1))
		return
	}
	c.open = line
	c.named(max(line-1, 1), "was edited: the next line was written after another text of it")
}

func (c *chainer) finish(n int64) []Break {
	if c.open == n && n > 0 && c.prev != "" { // nothing vouches for the last line
		c.breaks[len(c.breaks)-1].Text += ", or line " + fmt.Sprint(n) + " was"
	}
	return c.breaks
}
