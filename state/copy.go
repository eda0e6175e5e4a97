package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrOccupied means that a store has a state already.
var ErrOccupied = errors.New("there is a state there already, and nothing is written over it")

// CopyTo copies the state and its history to a store that has neither, and
// reads both back. Both locks must be held.
func (s *Store) CopyTo(ctx context.Context, target *Store) (*Document, error) {
	d, _, err := s.Read(ctx)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("%s: there is no state to copy", s)
	}
	there, _, err := target.Look(ctx)
	switch {
	case err != nil:
		return nil, err
	case there != nil && !bytes.Equal(there.Encode(), d.Encode()):
		return nil, fmt.Errorf("%s: %w: it is %s, with serial %d; move it away first", target, ErrOccupied, relation(there, d), there.Serial)
	}
	target.sealed = target.sealed || s.sealed
	if err := target.MayWrite(); err != nil {
		return nil, err
	}
	if err := s.copyLog(ctx, target); err != nil {
		return nil, err
	}
	if there == nil {
		next := *d
		next.Serial-- // which writing raises again
		if _, err := target.Write(ctx, &next, ""); err != nil {
			return nil, err
		}
	}
	back, _, err := target.Read(ctx)
	if err == nil && (back == nil || !bytes.Equal(back.Encode(), d.Encode())) {
		err = fmt.Errorf("%s: the state that was read back is not the one that was written", target)
	}
	return back, err
}

// relation says what a state is to another one.
func relation(there, d *Document) string {
	if there.Lineage == d.Lineage {
		return "another version of the same state"
	}
	return "another state"
}

func (s *Store) copyLog(ctx context.Context, target *Store) error {
	lines, _, err := s.backend.Log(ctx, Mark{})
	if err != nil {
		return err
	}
	there, end, err := target.backend.Log(ctx, Mark{})
	switch {
	case err != nil:
		return err
	case len(there) > len(lines) || !bytes.Equal(JoinLines(there), JoinLines(lines[:len(there)])):
		return fmt.Errorf("%s: its history is another one: %w", target, ErrOccupied)
	}
	if rest := lines[len(there):]; len(rest) > 0 {
		if _, err := target.backend.Append(ctx, end, rest); err != nil {
			return err
		}
		back, _, err := target.backend.Log(ctx, Mark{})
		if err != nil {
			return err
		}
		if !bytes.Equal(JoinLines(back), JoinLines(lines)) {
			return fmt.Errorf("%s: the history that was read back is not the one that was written", target)
		}
	}
	return nil
}
