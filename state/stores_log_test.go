package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/usher-cli/usher/state"
)

func keepsLog(t *testing.T, at place) {
	ctx := context.Background()
	lines, end, err := at(t).Log(ctx, state.Mark{})
	if len(lines) > 0 || end != (state.Mark{}) || err != nil {
		t.Fatalf("an empty log gives %q, %v, %v", lines, end, err)
	}
	first := [][]byte{[]byte(`{"a":1}`), []byte(`{"b":"ü"}`)}
	middle, err := at(t).Append(ctx, state.Mark{}, first)
	if err != nil {
		t.Fatal(err)
	}
	second := [][]byte{bytes.Repeat([]byte("x"), 5<<20)}
	b := at(t)
	if _, _, err := b.Log(ctx, middle); err != nil {
		t.Fatal(err)
	}
	end, err = b.Append(ctx, middle, second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at(t).Append(ctx, middle, first); !errors.Is(err, state.ErrMoved) {
		t.Errorf("appending where the log goes on gives %v", err)
	}
	reads(t, at, map[state.Mark][][]byte{{}: append(first, second...), middle: second, end: nil})
	if _, mark, err := at(t).Log(ctx, state.Mark{Lines: 9, Bytes: 99 << 20}); err != nil || mark.Lines != 3 {
		t.Errorf("after a mark that is not there any more the log ends at %v, %v", mark, err)
	}
}

// reads: what is in a log after each of some marks.
func reads(t *testing.T, at place, want map[state.Mark][][]byte) {
	t.Helper()
	for after, want := range want {
		lines, mark, err := at(t).Log(context.Background(), after)
		if err != nil || mark != after.Add(want) || !bytes.Equal(state.JoinLines(lines), state.JoinLines(want)) {
			t.Errorf("after %v there are %d lines up to %v, %v", after, len(lines), mark, err)
		}
	}
}

// keepsLongLog: a log in more parts than one reads as one, by whoever wrote it,
// by others, and from every mark.
func keepsLongLog(t *testing.T, at place) {
	ctx, writer := context.Background(), at(t)
	var all [][]byte
	var end state.Mark
	marks := []state.Mark{end}
	for n := range 7 {
		if n == 4 {
			writer = at(t) // another run, which has read nothing
		}
		lines := [][]byte{fmt.Appendf(nil, `{"line":%d}`, 2*n), fmt.Appendf(nil, `{"line":%d}`, 2*n+1)}
		next, err := writer.Append(ctx, end, lines)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := at(t).Append(ctx, end, lines); !errors.Is(err, state.ErrMoved) {
			t.Errorf("appending at %v, where the log goes on, gives %v", end, err)
		}
		if found, mark, err := writer.Log(ctx, end); err != nil || mark != next || len(found) != 2 {
			t.Errorf("after %v whoever wrote it finds %d lines up to %v, %v", end, len(found), mark, err)
		}
		all, end = append(all, lines...), next
		marks = append(marks, end)
	}
	want := map[state.Mark][][]byte{}
	for n, mark := range marks {
		want[mark] = all[2*n:]
		if n < len(marks)-1 {
			want[mark.Add(all[2*n:2*n+1])] = all[2*n+1:]
		}
	}
	reads(t, at, want)
	large := [][]byte{bytes.Repeat([]byte("x"), 3<<19), bytes.Repeat([]byte("y"), 3<<19), bytes.Repeat([]byte("z"), 3<<19)}
	next, err := at(t).Append(ctx, end, large) // more than one part takes
	if err != nil || next != end.Add(large) {
		t.Fatalf("appending a lot at %v leads to %v, %v", end, next, err)
	}
	reads(t, at, map[state.Mark][][]byte{{}: append(all, large...), end.Add(large[:1]): large[1:]})
	end = next
	if _, mark, err := at(t).Log(ctx, state.Mark{Lines: 99, Bytes: 99 << 20}); err != nil || mark != end {
		t.Errorf("after a mark that is not there the log ends at %v, %v, and not at %v", mark, err, end)
	}
}
