package httpstate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/usher-cli/usher/state"
)

// logDocument is a part of the history as a document of its own, because the
// protocol knows nothing that grows. Servers want a serial in it.
type logDocument struct {
	Version int      `json:"version"`
	Serial  int64    `json:"serial"`
	Lineage string   `json:"lineage"`
	Part    int      `json:"part"`   // from 1
	Before  int64    `json:"before"` // lines of the parts before it
	Lines   []string `json:"lines"`
}

const logLineage = "usher-history"

// largestPart is how many bytes of lines a part has before the next one begins:
// adding to the history writes no more than that, however long it is.
const largestPart = 1 << 20

func (d *logDocument) end() int64 { return d.Before + int64(len(d.Lines)) }

func (d *logDocument) size() int {
	n := 0
	for _, l := range d.Lines {
		n += len(l)
	}
	return n
}

// older is the address of a part that is full. The newest part is at the
// history's own address.
func (b *Backend) older(number int) string {
	u, err := url.Parse(b.o.History)
	if err != nil {
		return b.o.History
	}
	u.Path += fmt.Sprintf("-%d", number)
	u.RawPath = ""
	return u.String()
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
		return nil, fmt.Errorf("what is at %s is not a history: set history_address to where it may be", withoutQuery(address))
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

// Log implements state.Backend. A part that somebody removed shows as lines
// that are missing.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	d, err := b.readPart(ctx, b.o.History)
	if err != nil {
		return nil, after, err
	}
	if d.end() < after.Lines {
		after = state.Mark{}
	}
	parts := []*logDocument{d}
	for number := d.Part - 1; number > 0 && d.Before > after.Lines; number-- {
		if d, err = b.readPart(ctx, b.older(number)); err != nil {
			return nil, after, err
		}
		if len(d.Lines) == 0 {
			break
		}
		parts = append(parts, d)
	}
	slices.Reverse(parts)
	var lines [][]byte
	for _, d := range parts {
		for _, l := range d.Lines[max(0, min(after.Lines-d.Before, int64(len(d.Lines)))):] {
			lines = append(lines, []byte(l))
		}
	}
	return lines, after.Add(lines), nil
}

// Append implements state.Backend.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	now, err := b.readPart(ctx, b.o.History)
	if err != nil {
		return at, err
	}
	for len(lines) > 0 {
		if now.end() != at.Lines {
			return at, state.ErrMoved
		}
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
// that is full and was put away.
func (b *Backend) room(ctx context.Context, full *logDocument) (*logDocument, error) {
	if full.size() < b.o.HistoryPart {
		return full, nil
	}
	address := b.older(full.Part)
	there, err := b.readPart(ctx, address)
	switch {
	case err != nil:
		return nil, err
	case slices.Equal(there.Lines, full.Lines): // by a run that was killed then
	case len(there.Lines) > 0:
		return nil, fmt.Errorf("there is another history at %s, where the one at %s was to go on: set history_address to where it may be", withoutQuery(address), withoutQuery(b.o.History))
	default:
		if err := b.postPart(ctx, address, full); err != nil {
			return nil, err
		}
	}
	return &logDocument{Version: 1, Serial: full.Serial, Lineage: logLineage, Part: full.Part + 1, Before: full.end()}, nil
}

func (b *Backend) postPart(ctx context.Context, address string, d *logDocument) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = b.post(ctx, address, text, "")
	return err
}
