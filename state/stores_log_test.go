package state_test

import (
	"bytes"
	"context"
	"errors"
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
	for _, c := range []struct {
		after state.Mark
		want  [][]byte
	}{{state.Mark{}, append(first, second...)}, {middle, second}, {end, nil}} {
		lines, mark, err := at(t).Log(ctx, c.after)
		if err != nil || mark.Lines != end.Lines || !bytes.Equal(state.JoinLines(lines), state.JoinLines(c.want)) {
			t.Errorf("after %v there are %d lines up to %v, %v", c.after, len(lines), mark, err)
		}
	}
	if _, mark, err := at(t).Log(ctx, state.Mark{Lines: 9, Bytes: 99 << 20}); err != nil || mark.Lines != 3 {
		t.Errorf("after a mark that is not there any more the log ends at %v, %v", mark, err)
	}
}
