package state

import (
	"fmt"
	"time"
)

// moments makes all times of the file such that can be written again: an offset or a
// year can be read that cannot.
func (f file) moments() error {
	var all []*time.Time
	for _, rows := range [][]row{f.Recent, f.Pending} {
		for _, r := range rows {
			if r.At != nil {
				all = append(all, r.At)
			}
		}
	}
	for i := range f.Confirmed {
		all = append(all, &f.Confirmed[i].At)
	}
	if f.Claims != nil {
		all = append(all, &f.Claims.At)
	}
	for _, at := range all {
		*at = at.UTC()
		if _, err := at.MarshalText(); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	return nil
}
