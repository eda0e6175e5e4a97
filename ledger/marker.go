package ledger

import (
	"encoding/json"
	"strings"
	"time"
)

// Finding is what a page has found.
type Finding string

const (
	// Nothing says that there is nothing to do, and all of it was looked at.
	Nothing Finding = "nothing"
	// Something says that there is something to read.
	Something Finding = "something"
	// Forbidden says that something has to change before anything can be done.
	Forbidden Finding = "forbidden"
	// Incomplete says that a part was not read, so that nobody knows.
	Incomplete Finding = "incomplete"
)

// Marker is the first line of each page of Markdown: a comment that readers do not see.
// Programs know the page by it again, and tell an older one from a newer one.
//
//	<!-- usher {"page":"Plan","at":"2026-11-30T04:00:00Z","finding":"something"} -->
type Marker struct {
	Subject   string    `json:"subject,omitempty"` // of a comment; "" where it is none
	Page      string    `json:"page"`
	At        time.Time `json:"at"`
	Finding   Finding   `json:"finding"`
	Digest    string    `json:"digest,omitempty"`
	Shortened bool      `json:"shortened,omitempty"`
}

const (
	markerBegin = "<!-- usher "
	markerEnd   = " -->"
)

// String is the line, without its end.
func (m Marker) String() string {
	text, err := json.Marshal(m) // which escapes the signs of HTML
	if err != nil {
		panic(err) // plain data of this package cannot fail to encode
	}
	return markerBegin + strings.ReplaceAll(string(EscapeJSON(text)), "--", `-\u002d`) + markerEnd
}

// ReadMarker reads the first line of a page, and returns the rest of it. It reports false
// where the text has no marker there.
func ReadMarker(text string) (m Marker, rest string, found bool) {
	line, rest, _ := strings.Cut(strings.TrimPrefix(text, "\ufeff"), "\n")
	line = strings.TrimRight(line, "\r")
	body, begins := strings.CutPrefix(line, markerBegin)
	body, ends := strings.CutSuffix(body, markerEnd)
	if !begins || !ends || json.Unmarshal([]byte(body), &m) != nil {
		return Marker{}, text, false
	}
	return m, rest, true
}
