package state_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// tell writes a history of some runs and returns its file, with the state that
// knows its end.
func tell(t *testing.T, seal *state.Seal, runs int) (*state.Store, string, *state.Document) {
	t.Helper()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "s.json")
	s := state.NewStore(state.NewFile(path), state.Options{Now: time.Now, Seal: seal})
	d := state.New("tenant")
	for n := range runs {
		j, err := s.Journal(ctx, d, fmt.Sprintf("run-%d", n))
		if err != nil {
			t.Fatal(err)
		}
		calls := []state.Planning{
			{
				ID: 1,
				Steps: []state.Change{
					{Op: ledger.Add, Address: "user/ada@contoso.com:SPE_E5", Holder: "ada", Item: "e5", After: &ledger.Value{Units: 1}},
				},
			},
		}
		for _, e := range []state.Entry{
			{Kind: state.Began, Facts: &state.Facts{By: &state.By{Who: "ada", Operation: "apply"}}},
			{Kind: state.Planned, Facts: &state.Facts{Calls: calls}},
			{Kind: state.Results, Facts: &state.Facts{Results: []state.Outcome{{ID: 1, Outcome: "done", Request: "r1"}}}},
			{Kind: state.Ended, Facts: &state.Facts{End: &state.End{Complete: true}}},
		} {
			if err := j.Append(ctx, time.Unix(0, 0).UTC(), e); err != nil {
				t.Fatal(err)
			}
		}
		head := j.Head()
		d.History = &head
	}
	return s, path + ".history", d
}

// kept is the file of a history, whole and by its lines.
func kept(t *testing.T, path string) (whole []byte, lines [][]byte) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines = bytes.SplitAfter(whole, []byte("\n"))
	return whole, lines[:len(lines)-1]
}

// TestHistoryStaysBroken damages a history and lets another run tell on: what was
// done to it is named for good, with how much is missing, and nothing else is.
func TestHistoryStaysBroken(t *testing.T) {
	s, path, d := tell(t, nil, 3)
	_, lines := kept(t, path)
	check := func(what string, near int64, says string, damaged ...[]byte) {
		t.Helper()
		ctx := context.Background()
		if err := os.WriteFile(path, bytes.Join(damaged, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		next := *d
		for range 2 {
			j, err := s.Journal(ctx, &next, "later")
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Append(ctx, time.Unix(0, 0).UTC(), state.Entry{Kind: state.Began,
				Facts: &state.Facts{By: &state.By{Who: "grace"}}}, state.Entry{Kind: state.Ended, Facts: &state.Facts{End: &state.End{}}}); err != nil {
				t.Fatal(err)
			}
			head := j.Head()
			next.History = &head
		}
		told, err := s.History(ctx, &next)
		if err != nil || len(told.Breaks) != 1 || told.Breaks[0].Line < near || told.Breaks[0].Line > near+1 ||
			!strings.Contains(told.Breaks[0].Text, says) {
			t.Errorf("%s: %v, %v", what, told.Breaks, err)
		}
	}
	for i := range lines {
		number := int64(i + 1)
		longer := bytes.Replace(lines[i], []byte("1970"), []byte("1970000"), 1)
		check(fmt.Sprintf("line %d is longer", number), number, "edited", slices.Concat(lines[:i], [][]byte{longer}, lines[i+1:])...)
		other := bytes.Replace(lines[i], fmt.Appendf(nil, `"seq":%d,`, number), []byte(`"seq":99,`), 1)
		check(fmt.Sprintf("line %d says another number", number), number, "edited", slices.Concat(lines[:i], [][]byte{other}, lines[i+1:])...)
		huge := bytes.Replace(lines[i], fmt.Appendf(nil, `"seq":%d,`, number), []byte(`"seq":9223372036854775807,`), 1)
		check(fmt.Sprintf("line %d says the highest number", number), number, "edited", slices.Concat(lines[:i], [][]byte{huge}, lines[i+1:])...)
		check(fmt.Sprintf("line %d dropped", number), number, "1 missing", slices.Concat(lines[:i], lines[i+1:])...)
		check(fmt.Sprintf("cut before line %d", number), number, fmt.Sprintf("%d missing", len(lines)-i), lines[:i]...)
	}
}

// TestHistoryShowsEveryEdit changes one byte of each line, drops each line,
// swaps each two, repeats each and cuts the end off: each is found, and named at
// its line or the one beside it.
func TestHistoryShowsEveryEdit(t *testing.T) {
	s, path, d := tell(t, nil, 3)
	whole, lines := kept(t, path)
	check := func(what string, near int, edited ...[]byte) {
		t.Helper()
		if err := os.WriteFile(path, bytes.Join(edited, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		told, err := s.History(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		breaks := told.Breaks
		if len(breaks) == 0 ||
			!slices.ContainsFunc(breaks, func(b state.Break) bool { return b.Line >= int64(near) && b.Line <= int64(near)+1 }) {
			t.Errorf("%s: %v, %v", what, breaks, err)
		}
	}
	found := 0
	for i := range lines {
		for at := range lines[i][:len(lines[i])-1] {
			edited := bytes.Clone(lines[i])
			edited[at] ^= 1
			if edited[at] == '\n' {
				continue
			}
			found++
			check(fmt.Sprintf("byte %d of line %d", at, i+1), i+1, slices.Concat(lines[:i], [][]byte{edited}, lines[i+1:])...)
		}
		check(fmt.Sprintf("line %d dropped", i+1), i+1, slices.Concat(lines[:i], lines[i+1:])...)
		check(fmt.Sprintf("line %d repeated", i+1), i+1, slices.Concat(lines[:i+1], lines[i:])...)
		if i > 0 {
			swapped := slices.Clone(lines)
			swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
			check(fmt.Sprintf("lines %d and %d swapped", i, i+1), i, swapped...)
		}
		check(fmt.Sprintf("cut before line %d", i+1), i+1, lines[:i]...)
	}
	for i := range len(lines) - 2 { // two in a row: both are named
		edited := slices.Clone(lines)
		for _, at := range []int{i, i + 1} {
			edited[at] = bytes.Replace(edited[at], []byte("1970"), []byte("1971"), 1)
		}
		if err := os.WriteFile(path, bytes.Join(edited, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		told, err := s.History(context.Background(), d)
		if err != nil || len(told.Breaks) != 1 || told.Breaks[0].Line != int64(i+2) ||
			!strings.Contains(told.Breaks[0].Text, fmt.Sprintf("perhaps line %d as well", i+1)) {
			t.Errorf("lines %d and %d edited: %v, %v", i+1, i+2, told.Breaks, err)
		}
	}
	known := *d.History
	d.History = &state.Head{Mark: state.Mark{Lines: 3}, Hash: "of the third"}
	if err := os.WriteFile(path, bytes.Join(slices.Concat(lines[:2], lines[3:]), nil), 0o600); err != nil {
		t.Fatal(err)
	}
	if told, err := s.History(context.Background(), d); err != nil || len(told.Breaks) != 1 || told.Breaks[0].Line != 3 {
		t.Errorf("without the last line that the state knows: %v, %v", told.Breaks, err)
	}
	d.History = &known
	check("its end torn off", len(lines), append(slices.Clone(lines[:len(lines)-1]), lines[len(lines)-1][:20])...)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if told, err := s.History(context.Background(), d); err != nil || len(told.Breaks) > 0 || len(state.Runs(told.Entries)) != 3 {
		t.Errorf("the whole history: %+v, %v", told, err)
	}
	t.Logf("%d bytes of %d lines", found, len(lines))
}

// TestHistoryOutlivesKills: a line that a kill tore is written over, and what a
// killed run told before the state knew stays and is built on.
func TestHistoryOutlivesKills(t *testing.T) {
	ctx := context.Background()
	s, path, d := tell(t, nil, 1)
	early := *d.History
	j, err := s.Journal(ctx, d, "killed")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(ctx, time.Unix(0, 0).UTC(), state.Entry{Kind: state.Began,
		Facts: &state.Facts{By: &state.By{Who: "ada", Operation: "apply"}}}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"seq":6,"prev":"`)
	_ = f.Close()
	if *d.History != early {
		t.Fatal("the state was not to know")
	}
	next, err := s.Journal(ctx, d, "next")
	if err != nil || next.Cut {
		t.Fatalf("cut: %t, %v", next.Cut, err)
	}
	if err := next.Append(ctx, time.Unix(0, 0).UTC(), state.Entry{Kind: state.Edited, Facts: &state.Facts{What: "x"}}); err != nil {
		t.Fatal(err)
	}
	head := next.Head()
	d.History = &head
	told, err := s.History(ctx, d)
	if err != nil || len(told.Breaks) > 0 || len(told.Entries) != 6 {
		t.Errorf("%+v, %v", told, err)
	}
	runs := state.Runs(told.Entries)
	if len(runs) != 3 || runs[1].Ended != nil {
		t.Fatalf("%d runs", len(runs))
	}
	runs[1].Calls = append(runs[1].Calls, runs[0].Calls[0])
	runs[1].Calls[0].Outcome = ""
	if done, perhaps, err := runs[0].Done(); err != nil || len(done) != 1 || len(perhaps) != 0 {
		t.Errorf("of a run that ended %v and perhaps %v are done, %v", done, perhaps, err)
	}
	if done, perhaps, err := runs[1].Done(); err != nil || len(done) != 0 || len(perhaps) != 1 {
		t.Errorf("of a killed run %v and perhaps %v are done, %v", done, perhaps, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	gone, err := s.Journal(ctx, d, "after")
	if err != nil || !gone.Cut {
		t.Fatalf("a history that is gone is not noticed: %v", err)
	}
	if err := gone.Append(ctx, time.Unix(0, 0).UTC(), state.Entry{Kind: state.Edited, Facts: &state.Facts{What: "y"}}); err != nil {
		t.Fatal(err)
	}
	head = gone.Head()
	d.History = &head
	if told, err := s.History(ctx, d); err != nil || len(told.Breaks) == 0 {
		t.Errorf("a cut is not seen any more after the next run: %+v, %v", told, err)
	}
}

// TestEnvelopeInAnyShape: a server may write JSON in its own way.
func TestEnvelopeInAnyShape(t *testing.T) {
	key := must(age.GenerateX25519Identity())(t)
	seal := must(state.NewSeal([]string{key.Recipient().String()}, key.String()))(t)
	h := state.Header{Kind: state.PlanKind, Lineage: `a"sealed": "b`, Serial: 7, Tenant: "t"}
	text := must(seal.Wrap(h, []byte("plain")))(t)
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, text := range [][]byte{text, compact.Bytes()} {
		plain, got, err := seal.Unwrap(text)
		if err != nil || string(plain) != "plain" || *got != h {
			t.Errorf("%s is read as %q, %+v, %v", text, plain, got, err)
		}
	}
	for _, broken := range []string{string(text[:len(text)/2]), string(text) + "x", strings.Replace(string(text),
		`"sealed": "`, `"sealed": "!`, 1)} {
		if _, _, err := seal.Unwrap([]byte(broken)); !errors.Is(err, state.ErrDamaged) {
			t.Errorf("%s is read: %v", broken, err)
		}
	}
}

// TestSealedHistory: an encrypted history shows no names, and keeps its chain
// without a key.
func TestSealedHistory(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal, err := state.NewSeal([]string{key.Recipient().String()}, key.String())
	if err != nil {
		t.Fatal(err)
	}
	s, path, d := tell(t, seal, 2)
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "ada") && strings.Contains(string(text), "contoso") ||
		strings.Contains(string(text), "SPE_E5") {
		t.Errorf("the history shows\n%s", text)
	}
	open, err := s.History(context.Background(), d)
	if err != nil || len(open.Breaks) > 0 || open.Closed > 0 || open.Entries[0].By.Who != "ada" {
		t.Errorf("%+v, %v", open, err)
	}
	blind := state.NewStore(s.Backend(), state.Options{Now: time.Now})
	if closed, err := blind.History(context.Background(), d); err != nil || len(closed.Breaks) > 0 || closed.Closed != len(open.Entries) {
		t.Errorf("without a key: %+v, %v", closed, err)
	}
}
