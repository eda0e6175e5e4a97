package config

import (
	"time"
)

// Window is a part of each day. The zero value is all of it.
type Window struct {
	From, To time.Duration  // since midnight; the end can be on the next day
	Zone     *time.Location // nil for UTC
}

// parse reads two times of the day, such as 22:00-05:30.
func (w *Window) parse(text string) bool {
	const minutes, half = "15:04", len("15:04")
	if len(text) != 2*half+1 || text[half] != '-' {
		return false
	}
	from, err := time.Parse(minutes, text[:half])
	to, wrong := time.Parse(minutes, text[half+1:])
	if err != nil || wrong != nil {
		return false
	}
	day := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	w.From, w.To = day(from), day(to)
	return w.From != w.To
}

// Opens is when the window is open next: now, where it is.
func (w Window) Opens(now time.Time) time.Time {
	if w.From == w.To || w.contains(now) {
		return now
	}
	from := w.at(now, 0)
	if !from.After(now) {
		from = w.at(now, 1)
	}
	return from
}

// Length is how long the window is open, as its wall clock tells.
func (w Window) Length() time.Duration {
	const day = 24 * time.Hour
	return (w.To-w.From+day-1)%day + 1
}

// contains reports whether a moment is inside. A window that goes over midnight began on the day
// before, for its second part.
func (w Window) contains(now time.Time) bool {
	local := now.In(w.zone())
	at := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	if w.From < w.To {
		return at >= w.From && at < w.To
	}
	return at >= w.From || at < w.To
}

// at is when it begins, some days after a moment. The clock of the zone decides, which on two
// days of a year is an hour off.
func (w Window) at(now time.Time, days int) time.Time {
	local := now.In(w.zone())
	return time.Date(local.Year(), local.Month(), local.Day()+days, int(w.From.Hours()), int(w.From.Minutes())%60, 0, 0, w.zone())
}

func (w Window) zone() *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}
