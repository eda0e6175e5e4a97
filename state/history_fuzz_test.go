package state_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// FuzzHistory reads any bytes as a history of which a state knows any end. Reading
// fails only for what the state says; every line is told, closed or a break; what is
// told is written and read back the same; and a whole history stays whole when a
// run goes on with it.
func FuzzHistory(f *testing.F) {
	dir := f.TempDir()
	s := state.NewStore(state.NewFile(filepath.Join(dir, "s.json")), state.Options{Now: time.Now})
	path := filepath.Join(dir, "s.json.history")
	for _, seed := range histories(f, s, path) {
		f.Add(seed, int64(0), int64(0), int64(0))
		f.Add(seed, int64(1), int64(bytes.IndexByte(seed, '\n')+1), int64(0))
		f.Add(seed, int64(9), int64(len(seed)+9), int64(9))
	}
	f.Fuzz(func(t *testing.T, text []byte, lines, size, seq int64) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := state.WholeLines(text)
		if joined := state.JoinLines(whole); !bytes.HasPrefix(text, joined) || bytes.IndexByte(text[len(joined):], '\n') >= 0 {
			t.Fatalf("the lines of %q are %q", text, whole)
		}
		told := history(t, s, nil, whole)
		same(t, told, path, s)
		if len(told.Breaks) == 0 && told.Closed == 0 {
			goesOn(t, s, told, len(whole))
		}
		d := state.New("tenant")
		d.History = &state.Head{Mark: state.Mark{Lines: lines, Bytes: size}, Seq: seq}
		if known, err := state.Decode(d.Encode()); err == nil {
			checked(t, s, known)
		}
	})
}

// histories are a whole history, one with a torn line, one that was edited, one that
// lacks a line and one that is encrypted, for nobody.
func histories(f *testing.F, s *state.Store, path string) [][]byte {
	ctx, at := context.Background(), time.Unix(0, 0).UTC()
	j, err := s.Journal(ctx, nil, "run")
	if err != nil {
		f.Fatal(err)
	}
	change := state.Change{Op: ledger.Add, Address: "user/ada@contoso.com:SPE_E5", Holder: "ada", Item: "e5", After: &ledger.Value{Units: 1}}
	err = j.Append(ctx, at,
		state.Entry{Kind: state.Began, Facts: &state.Facts{By: &state.By{Who: "ada", Operation: "apply"}}},
		state.Entry{Kind: state.Planned, Facts: &state.Facts{Calls: []state.Planning{{ID: 1, Steps: []state.Change{change}}}}},
		state.Entry{Kind: state.Results, Facts: &state.Facts{Results: []state.Outcome{{ID: 1, Outcome: "done", Request: "r1"}}}},
		state.Entry{Kind: state.Ended, Facts: &state.Facts{End: &state.End{Complete: true}}})
	if err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	return [][]byte{text, text[:len(text)-9], bytes.Replace(text, []byte("ada"), []byte("eve"), 1), bytes.Join(lines[1:], nil),
		[]byte(`{"seq":1,"prev":"","run":"r","kind":"began","at":"2026-01-01T00:00:00Z","sealed":"YWdl"}` + "\n"), []byte("null\n{}\n\n[]\n")}
}

// history reads the history, and checks what is told against its lines.
func history(t *testing.T, s *state.Store, d *state.Document, lines [][]byte) *state.Told {
	told, err := s.History(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for _, l := range lines {
		if !json.Valid(l) {
			broken++
		}
	}
	if told.Closed < 0 || len(told.Entries)+told.Closed+broken != len(lines) || broken > 0 && len(told.Breaks) == 0 {
		t.Errorf("of %d lines, %d no entries, %d are told and %d closed, with the breaks %v",
			len(lines), broken, len(told.Entries), told.Closed, told.Breaks)
	}
	for _, b := range told.Breaks {
		if b.Line < 1 || b.Line > int64(len(lines))+1 {
			t.Errorf("a break is at line %d of %d", b.Line, len(lines))
		}
	}
	for _, r := range state.Runs(told.Entries) {
		if found, err := told.Run(r.ID); err != nil || found.ID != r.ID {
			t.Errorf("the run %q is not found: %v", r.ID, err)
		}
		_ = told.Vouches(r)
		_, _, _ = r.Done()
	}
	return told
}

// same writes what was told, and reads it again.
func same(t *testing.T, told *state.Told, path string, s *state.Store) {
	lines := make([][]byte, len(told.Entries))
	for i, e := range told.Entries {
		line, err := json.Marshal(e)
		if err != nil {
			return // a zone of 24 hours is read, and is none that can be written
		}
		lines[i] = line
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(path, kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}()
	if err := os.WriteFile(path, state.JoinLines(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	again := history(t, s, nil, lines)
	for i, e := range again.Entries {
		if line, err := json.Marshal(e); err != nil || !bytes.Equal(line, lines[i]) {
			t.Errorf("%s\nbecame\n%s, %v", lines[i], line, err)
		}
	}
}

// goesOn lets another run write behind a whole history: its entries count from 1,
// and no break comes of it.
func goesOn(t *testing.T, s *state.Store, told *state.Told, lines int) {
	for i, e := range told.Entries {
		if e.Seq != int64(i+1) {
			t.Fatalf("nothing is broken, and entry %d says that it is %d", i+1, e.Seq)
		}
	}
	ctx := context.Background()
	j, err := s.Journal(ctx, nil, "later")
	if err == nil {
		err = j.Append(ctx, time.Unix(0, 0).UTC(), state.Entry{Kind: state.Began, Facts: &state.Facts{By: &state.By{Who: "grace"}}})
	}
	if err != nil {
		t.Fatal(err)
	}
	d, head := state.New("tenant"), j.Head()
	d.History = &head
	if after, err := s.History(ctx, d); err != nil || j.Cut || len(after.Breaks) != 0 ||
		len(after.Entries) != lines+1 || head.Lines != int64(lines+1) {
		t.Errorf("a run that went on broke a whole history of %d lines: %+v, cut %v, %v", lines, after, j.Cut, err)
	}
}

// checked reads with what a state knows, and opens the history for another run.
func checked(t *testing.T, s *state.Store, d *state.Document) {
	ctx := context.Background()
	if _, err := s.History(ctx, d); err != nil {
		t.Errorf("the whole history cannot be read with the end %+v: %v", *d.History, err)
	}
	j, err := s.Journal(ctx, d, "later")
	if err != nil {
		t.Errorf("the history cannot be opened at the end %+v: %v", *d.History, err)
		return
	}
	if h := j.Head(); h.Lines < 0 || h.Bytes < 0 {
		t.Errorf("of the end %+v the history makes %+v", *d.History, h)
	}
}
