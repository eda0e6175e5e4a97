package httpstate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/usher-cli/usher/state"
)

// logDocument is the history as a document of its own, because the protocol
// knows nothing that grows. Servers want a serial in it.
type logDocument struct {
	Version int      `json:"version"`
	Serial  int64    `json:"serial"`
	Lineage string   `json:"lineage"`
	Lines   []string `json:"lines"`
}

const logLineage = "usher-history"

func withID(address, id string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Set("ID", id)
	u.RawQuery = q.Encode()
	return u.String()
}

// readLog reads the whole history. An empty one is its beginning.
func (b *Backend) readLog(ctx context.Context) (*logDocument, error) {
	text, err := b.get(ctx, b.o.History)
	if err != nil {
		return nil, fmt.Errorf("the history is kept at %s: %w", b.historyPlace(), err)
	}
	d := &logDocument{Version: 1, Lineage: logLineage}
	if text == nil {
		return d, nil
	}
	if err := json.Unmarshal(text, d); err != nil || d.Lineage != logLineage {
		return nil, fmt.Errorf("what is at %s is not a history: set history_address to where it may be", b.historyPlace())
	}
	return d, nil
}

func (b *Backend) historyPlace() string {
	u, err := url.Parse(b.o.History)
	if err != nil {
		return "history_address"
	}
	u.RawQuery = ""
	return u.String()
}

// Log implements state.Backend.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	d, err := b.readLog(ctx)
	if err != nil {
		return nil, after, err
	}
	if int64(len(d.Lines)) < after.Lines {
		after = state.Mark{}
	}
	lines := make([][]byte, 0, len(d.Lines))
	for _, l := range d.Lines[after.Lines:] {
		lines = append(lines, []byte(l))
	}
	return lines, after.Add(lines), nil
}

// Append implements state.Backend. The whole history is written: the protocol
// has nothing smaller.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	now, err := b.readLog(ctx)
	if err != nil {
		return at, err
	}
	if int64(len(now.Lines)) != at.Lines {
		return at, state.ErrMoved
	}
	next := &logDocument{Version: 1, Serial: now.Serial + 1, Lineage: logLineage, Lines: now.Lines}
	for _, l := range lines {
		next.Lines = append(next.Lines, string(l))
	}
	text, err := json.Marshal(next)
	if err != nil {
		return at, err
	}
	if err := b.post(ctx, b.o.History, text, ""); err != nil {
		return at, err
	}
	return at.Add(lines), nil
}
