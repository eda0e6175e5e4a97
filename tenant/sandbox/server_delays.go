package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Delays are how far the tenant is behind what it was told.
type Delays struct {
	Groups      Duration `json:"groups,omitempty"`      // until members have what their group was given
	Allocations Duration `json:"allocations,omitempty"` // until a reading shows what an environment was allocated
	Users       Duration `json:"users,omitempty"`       // until a reading shows what somebody was given, and that somebody was made
	Locations   Duration `json:"locations,omitempty"`   // until a usage location counts
}

// delays are those of the tenant; none where its file names none.
func (x *indexed) delays() Delays {
	if x.Delays == nil {
		return Delays{}
	}
	return *x.Delays
}

// earlier is what a user was up to a moment; nil before there was one.
type earlier struct {
	until time.Time
	user  *User
}

// rememberUser keeps what readings still show for a while, and since when a
// usage location is there. A process that starts anew is up to date.
func (s *Server) rememberUser(after *User) {
	before, now := s.x.users[after.ID], s.now()
	if lag := time.Duration(s.x.delays().Users); lag > 0 {
		old := slices.DeleteFunc(s.before[after.ID], func(e earlier) bool { return e.until.Add(lag).Before(now) })
		s.before[after.ID] = append(old, earlier{now, before})
	}
	if time.Duration(s.x.delays().Locations) > 0 && (before == nil || before.UsageLocation != after.UsageLocation) {
		s.located[after.ID] = now
	}
}

// shownUser is what a reading shows of a user; nil for nobody yet.
func (s *Server) shownUser(u *User) *User {
	asOf := s.now().Add(-time.Duration(s.x.delays().Users))
	for _, old := range s.before[u.ID] {
		if asOf.Before(old.until) {
			return old.user
		}
	}
	return u
}

// isLocated reports whether a user's usage location counts by now.
func (s *Server) isLocated(u *User) bool {
	since, moved := s.located[strings.ToLower(u.ID)]
	return u.UsageLocation != "" && (!moved || !s.now().Before(since.Add(time.Duration(s.x.delays().Locations))))
}

// Duration is a time.Duration that JSON writes like 15m0s.
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(s)
	*d = Duration(parsed)
	return err
}
