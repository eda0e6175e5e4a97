package httpstate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-cli/usher/state"
)

// logDocument is a part of the history as a document of its own, because the
// protocol knows nothing that grows. Servers want a serial in it.
type logDocument struct {
	Version int      `json:"version"` // 1, or 2 where parts come before it
	Serial  int64    `json:"serial"`
	Lineage string   `json:"lineage"`
	Part    int      `json:"part,omitempty"`   // from 1
	Before  int64    `json:"before,omitempty"` // lines of the parts before it
	Lines   []string `json:"lines"`
}

const (
	logLineage = "usher-history"
	logVersion = 2
)

// largestPart is how many bytes of lines a part has when the next one begins: so
// adding to the history costs about as much, however long it is.
const largestPart = 1 << 20

func (d *logDocument) end() int64 { return d.Before + int64(len(d.Lines)) }

func (d *logDocument) size() int {
	n := 0
	for _, l := range d.Lines {
		n += len(l)
	}
	return n
}

// next is the empty part behind one.
func (d *logDocument) next() *logDocument {
	return &logDocument{Version: logVersion, Serial: d.Serial, Lineage: logLineage, Part: d.Part + 1, Before: d.end()}
}

// withSuffix puts something behind the path of an address, without a slash that
// ends it.
func withSuffix(address, suffix string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	raw := strings.TrimSuffix(u.EscapedPath(), "/")
	u.Path = strings.TrimSuffix(u.Path, "/") + suffix
	u.RawPath = raw + suffix
	return u.String()
}

// older is the address of a part that is full. The newest part is at the
// history's own address.
func (b *Backend) older(number int) string {
	return withSuffix(b.o.History, fmt.Sprintf("-%d", number))
}

// readPart reads the part at an address; an empty one is the beginning of a
// history.
func (b *Backend) readPart(ctx context.Context, address string) (*logDocument, error) {
	text, err := b.get(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("the history is kept at %s: %w", withoutQuery(address), err)
	}
	d := &logDocument{Version: 1, Lineage: logLineage, Part: 1}
	if text == nil {
		return d, nil
	}
	if err := json.Unmarshal(text, d); err != nil || d.Lineage != logLineage {
		return nil, fmt.Errorf("the document at %s is not a history: set history_address to another place", withoutQuery(address))
	}
	if d.Version > logVersion {
		return nil, fmt.Errorf("a newer usher wrote the history at %s: this one would not find all of it", withoutQuery(address))
	}
	return d, nil
}

func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "history_address"
	}
	u.RawQuery = ""
	return u.String()
}

// newest reads the part that goes on. Where it is not there, those that were put
// away are looked for: it may have been lost.
func (b *Backend) newest(ctx context.Context) (*logDocument, error) {
	d, err := b.readPart(ctx, b.o.History)
	for number := 1; err == nil && len(d.Lines) == 0 && d.Part == number; number++ {
		var put *logDocument
		put, err = b.readPart(ctx, b.older(number))
		switch {
		case isRefused(err): // a server of a single address
			return d, nil
		case err == nil && len(put.Lines) > 0:
			d = put.next()
		}
	}
	return d, err
}

// Log implements state.Backend. A part that somebody removed shows as lines
// that are missing.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	d, err := b.newest(ctx)
	if err != nil {
		return nil, after, err
	}
	end := d.end()
	if end < after.Lines {
		after = state.Mark{}
	}
	parts := []*logDocument{d}
	for number := d.Part - 1; number > 0 && d.Before > after.Lines; number-- {
		put, err := b.readPart(ctx, b.older(number))
		if err != nil {
			return nil, after, err
		}
		if len(put.Lines) > 0 {
			parts, d = append(parts, put), put
		}
	}
	slices.Reverse(parts)
	var lines [][]byte
	for _, d := range parts {
		for _, l := range d.Lines[max(0, min(after.Lines-d.Before, int64(len(d.Lines)))):] {
			lines = append(lines, []byte(l))
		}
	}
	mark := after.Add(lines)
	mark.Lines = max(mark.Lines, end) // of lines that are missing, too
	return lines, mark, nil
}

// Append implements state.Backend.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	now, err := b.newest(ctx)
	if err != nil {
		return at, err
	}
	if now.end() != at.Lines {
		return at, state.ErrMoved
	}
	for len(lines) > 0 {
		if now, err = b.room(ctx, now); err != nil {
			return at, err
		}
		n := 0
		for size := now.size(); n < len(lines) && (n == 0 || size < b.o.HistoryPart); n++ {
			now.Lines = append(now.Lines, string(lines[n]))
			size += len(lines[n])
		}
		now.Serial++
		if err := b.postPart(ctx, b.o.History, now); err != nil {
			return at, err
		}
		at, lines = at.Add(lines[:n]), lines[n:]
	}
	return at, nil
}

// room returns the part that goes on: the one at hand, or one behind it, where
// that is full and was put away. Where the server has no place for that, or
// something else is there, the one at hand goes on growing.
func (b *Backend) room(ctx context.Context, full *logDocument) (*logDocument, error) {
	if full.size() < b.o.HistoryPart {
		return full, nil
	}
	address := b.older(full.Part)
	text, err := b.get(ctx, address)
	if err == nil && text == nil {
		err = b.postPart(ctx, address, full)
	} else if err == nil {
		var there logDocument // by a run that was killed then
		if json.Unmarshal(text, &there) != nil || !slices.Equal(there.Lines, full.Lines) {
			return full, nil
		}
	}
	switch {
	case isRefused(err):
		return full, nil
	case err != nil:
		return nil, err
	}
	return full.next(), nil
}

func (b *Backend) postPart(ctx context.Context, address string, d *logDocument) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if _, err = b.post(ctx, address, text, ""); err != nil {
		return fmt.Errorf("the history at %s: %w", withoutQuery(address), err)
	}
	return nil
}

// isRefused reports whether a server answered that it will not.
func isRefused(err error) bool {
	var r *refused
	return errors.Is(err, state.ErrLost) || errors.As(err, &r) && r.status < 500
}
