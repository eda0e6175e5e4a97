package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// chapter is a piece of a page that can be shortened: a heading, and lines of which the
// first are shown.
type chapter struct {
	rank       int
	head       string // before it, also where no line is shown
	count, one string // a heading with the number of its lines, and what one of them is
	open, tail string // around the lines
	lines      []string
	beside     int      // what one of the lines counts beside itself
	more       string   // in the place of lines that are not shown, with their number
	fold       bool     // it is closed until somebody opens it
	shown      []string // lines
	out        bool     // not even its heading is shown
}

// fitted is a page of chapters in at most so many bytes, 0 for any number. The lines of
// the highest ranks go first. What is always shown is shown also where it is too long.
//
// A forge refuses a comment that is too long, and then nobody sees anything. So a plan of
// 100,000 steps still has its verdict, its reasons and its first removals.
func fitted(chapters []*chapter, most int) (text string, short bool) {
	for _, c := range chapters {
		c.shown, c.out = c.lines, false
	}
	if text = joined(chapters, ""); most <= 0 || len(text) <= most {
		return text, false
	}
	all := 0
	left := most - len(shortened(0, 0)) - 32 // for the numbers
	ranks := slices.Clone(chapters)
	slices.SortStableFunc(ranks, func(a, b *chapter) int { return a.rank - b.rank })
	for _, c := range ranks {
		all += len(c.lines)
		if c.rank == always {
			left -= len(c.text())
			continue
		}
		left = c.shorten(left)
	}
	seen := 0
	for _, c := range chapters {
		if !c.out {
			seen += len(c.shown)
		}
	}
	return joined(chapters, shortened(seen, all)), true
}

// shortened says how much of a page is not there.
func shortened(seen, all int) string {
	return fmt.Sprintf("\n> This page is shortened: it has %d of %d lines. The log of the job, and usher show, have all of them.\n", seen, all)
}

// shorten shows as many lines as there are bytes for, and returns how many bytes are left.
// Of a line with others below it that is too long the first is shown; one that is too
// long by itself is left out, and not those behind it.
func (c *chapter) shorten(left int) int {
	c.shown = nil
	frame := len(c.text())
	if frame > left {
		c.out = true
		return left
	}
	left -= frame
	for _, line := range c.lines {
		if first, _, more := strings.Cut(line, "\n"); more && len(line)+1 > left {
			line = first + " …"
		}
		if len(line)+1 <= left {
			left -= len(line) + 1
			c.shown = append(c.shown, line)
		}
	}
	return left
}

// text is the chapter with the lines that are shown.
func (c *chapter) text() string {
	if c.out {
		return ""
	}
	var b strings.Builder
	write := func(text string) {
		if text != "" {
			b.WriteString(text + "\n")
		}
	}
	heading := c.head
	if c.count != "" {
		heading = fmt.Sprintf(c.count, ledger.Count(len(c.lines)+c.beside, c.one))
	}
	b.WriteString("\n")
	switch {
	case c.fold:
		write("<details><summary>" + heading + "</summary>\n")
	case c.count != "":
		write("#### " + heading + "\n")
	case heading != "":
		write(heading)
		if len(c.lines) > 0 {
			b.WriteString("\n")
		}
	}
	write(c.open)
	for _, line := range c.shown {
		b.WriteString(line + "\n")
	}
	if hidden := len(c.lines) - len(c.shown); hidden > 0 && c.more != "" {
		write(fmt.Sprintf(c.more, hidden))
	}
	write(c.tail)
	if c.fold {
		write("\n</details>")
	}
	return b.String()
}

// joined puts chapters behind each other.
func joined(chapters []*chapter, last string) string {
	var b strings.Builder
	for _, c := range chapters {
		b.WriteString(c.text())
	}
	return strings.TrimLeft(b.String(), "\n") + last
}
