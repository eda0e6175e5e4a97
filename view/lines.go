package view

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
)

// span is a text of one colour in a line.
type span struct {
	text  string
	paint []color.Attribute
}

func plain(text string) span { return span{text, nil} }

func strong(text string) span { return span{text, []color.Attribute{color.Bold}} }

// signOf is the coloured sign of an operation.
func signOf(o ledger.Op) span {
	paint := color.FgCyan
	switch o {
	case ledger.Add:
		paint = color.FgGreen
	case ledger.Remove:
		paint = color.FgRed
	case ledger.Change, ledger.Retry, ledger.Restart:
		paint = color.FgYellow
	}
	return span{o.Sign(), []color.Attribute{paint}}
}

// blank writes an empty line.
func (t *Text) blank() { fmt.Fprintln(t) }

// line writes a line that begins behind some blanks. Where it is too long, it goes on
// below, behind as many as hang.
//
//	Refused: SPE_E5 is short by 2: 27 would be in use, and
//	  25 are purchased.
//
// Colours stand around the words of a span, and are no columns.
func (t *Text) line(indent, hang int, spans ...span) {
	var all strings.Builder
	for i := range spans {
		spans[i].text = safe(spans[i].text)
		all.WriteString(spans[i].text)
	}
	var line strings.Builder
	cuts := []cut{{0, all.Len()}}
	if t.Width > 0 {
		cuts = wrapped(all.String(), t.Width-indent, t.Width-hang)
	}
	for n, cut := range cuts {
		if n > 0 {
			line.WriteString("\n")
			indent = hang
		}
		line.WriteString(strings.Repeat(" ", indent))
		for at, s := range positions(spans) {
			if from, to := max(cut.from, at), min(cut.to, at+len(s.text)); from < to {
				line.WriteString(t.painted(s.text[from-at:to-at], s.paint))
			}
		}
	}
	fmt.Fprintln(t, strings.TrimRight(line.String(), " "))
}

// positions are spans with the place in the line where each begins.
func positions(spans []span) iter.Seq2[int, span] {
	return func(yield func(int, span) bool) {
		at := 0
		for _, s := range spans {
			if !yield(at, s) {
				return
			}
			at += len(s.text)
		}
	}
}

// cut is a part of a line, by bytes.
type cut struct{ from, to int }

// wrapped cuts a line at blanks, so that the first part has so many columns at most,
// and the others as many as rest. A word that is longer stays whole.
//
// The blanks at a cut belong to no part. Those at the beginning of the line stay, because
// they are its indentation.
func wrapped(text string, first, rest int) []cut {
	var cuts []cut
	for from, room := 0, first; ; room = rest {
		to := from + ahead(text[from:], room)
		if to == len(text) {
			return append(cuts, cut{from, len(text)})
		}
		word := from + len(text[from:]) - len(strings.TrimLeft(text[from:], " ")) // blanks before it belong to it
		end := word + strings.LastIndexByte(text[word:max(word, min(to+1, len(text)))], ' ')
		if end < word {
			next := strings.IndexByte(text[max(word, to):], ' ')
			if next < 0 {
				return append(cuts, cut{from, len(text)})
			}
			end = max(word, to) + next
		}
		cuts = append(cuts, cut{from, word + len(strings.TrimRight(text[word:end], " "))})
		from = end + len(text[end:]) - len(strings.TrimLeft(text[end:], " "))
		if from == len(text) {
			return cuts
		}
	}
}

// ahead is how many bytes so many characters of a text have at most.
func ahead(text string, characters int) int {
	for i := range text {
		if characters--; characters < 0 {
			return i
		}
	}
	return len(text)
}

// painted colours a text, where colours are wanted.
func (t *Text) painted(text string, paint []color.Attribute) string {
	if !t.Colored || len(paint) == 0 || text == "" {
		return text
	}
	c := color.New(paint...)
	c.EnableColor()
	return c.Sprint(text)
}

// columns is how wide a text is.
func columns(text string) int { return utf8.RuneCountInString(text) }
