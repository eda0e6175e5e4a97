package state

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrGone means that there is no state where there was one: it was moved, deleted,
// or is not shown. A run that took that for a beginning would forget whose seats
// are usher's.
var ErrGone = errors.New("the state is gone")

// missed reports what shows that a state was there: a backup, or a history of what
// only a run on a state can have done.
func (s *Store) missed(ctx context.Context) error {
	if kept, ok := s.backend.(interface{ BackupPath() string }); ok {
		if _, err := os.Stat(kept.BackupPath()); err == nil {
			return fmt.Errorf(
				"%s: %w, and its backup %s is there. To go back, run usher state push %s. To begin anew, move the backup and the history away",
				s,
				ErrGone,
				kept.BackupPath(),
				kept.BackupPath(),
			)
		}
	}
	told, err := s.History(ctx, nil)
	if err != nil {
		return fmt.Errorf("there is no state at %s, and whether there was one cannot be told: %w", s, err)
	}
	for _, e := range told.Entries {
		// A run that was killed before its first write has only begun.
		began := e.Kind == Began && (e.Facts == nil || e.By == nil || e.By.Serial == 0)
		if !began && e.Kind != Planned {
			return s.goneBesideHistory()
		}
	}
	if told.Closed > 0 {
		return s.goneBesideHistory()
	}
	return nil
}

func (s *Store) goneBesideHistory() error {
	return fmt.Errorf(
		"%s: %w, and its history is still there. To go back, run usher state push FILE with a copy of the state. To begin "+
			"anew, move the history away, or keep the state in another place",
		s,
		ErrGone,
	)
}
