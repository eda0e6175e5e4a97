package view

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the style and the script of a page
	"encoding/base64"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

//go:embed html/page.css
var pageStyle string

//go:embed html/page.js
var pageScript string

// Markup of more than a line. The arguments of a format are escaped.
const (
	barsHead = `<h2>Pools</h2>
<p class="legend soft"><span>top: before</span><span>middle: highest on the way</span><span>bottom: after</span><span>line: limit</span></p>
<div class="bars">
`
	barHead = `<svg viewBox="0 0 1000 26" preserveAspectRatio="none" role="img" aria-label="%s">` +
		`<rect class="track" width="1000" height="26"/>`
	findBar = `<div class="find" hidden="hidden"><input type="search" placeholder="Search" aria-label="Search"/>` +
		`<select aria-label="Act"><option value="">all acts</option><option value="add">add</option><option value="change">change</option>` +
		`<option value="remove">remove</option><option value="record">record</option></select>` +
		`<select aria-label="License or environment"><option value="">everywhere</option></select><span class="shown soft"></span></div>
`
	groupHead = `<details class="group" open="open" data-title="%s"><summary><h3>%s</h3> <span class="count soft">%d</span></summary>
<ul class="rows">
`
)

// asHTML lays a page out as one file that needs nothing beside itself: no other host, no
// font, no image. Its own style and script are allowed by their hashes, and nothing else is,
// so that no name could run anything even if it were not escaped.
//
// Texts pass through one function, which escapes them, and stand between tags or in quotes.
func asHTML(out Output, d Document) error {
	h := &htmlPage{w: bufio.NewWriter(out)}
	h.head(d)
	for rank := range htmlRanks {
		for _, part := range d.Parts {
			if htmlRank(part) == rank {
				h.part(part)
			}
		}
	}
	h.steps(d)
	h.raw("<script>%s</script>\n</body>\n</html>\n", pageScript)
	return h.w.Flush()
}

// The ranks of parts in a page: the verdict, what forbids it, the pools, what drifted or
// falls due, and the rest. Steps come last, because they are many.
const (
	htmlRules = iota
	htmlVerdict
	htmlReasons
	htmlBars
	htmlTables
	htmlCalls
	htmlLists
	htmlWarnings
	htmlNotes
	htmlRest
	htmlRanks
)

// htmlRank is the rank of a part; -1 for steps and what introduces them.
func htmlRank(p Part) int {
	switch p := p.(type) {
	case List:
		if p.First {
			return htmlBars
		}
		return htmlLists
	case Note:
		return map[Level]int{Unbound: htmlRules, Warning: htmlWarnings, Info: htmlNotes, Wrong: htmlReasons, Refusal: htmlReasons,
			Permitted: htmlReasons}[p.Level]
	case Verdict:
		return htmlVerdict
	case Bars:
		return htmlBars
	case Table:
		return htmlTables
	case Outcome, Check:
		return htmlCalls
	case Sentence, Facts, Code:
		return htmlRest
	}
	return -1
}

// htmlPage is a page in the making.
type htmlPage struct{ w *bufio.Writer }

// raw writes markup. Its arguments are markup as well.
func (h *htmlPage) raw(format string, args ...any) { fmt.Fprintf(h.w, format, args...) }

// escaped is a text for a place between tags, or in the quotes of an attribute.
func escaped(s string) string { return html.EscapeString(safe(s)) }

// hashOf allows a style or a script.
func hashOf(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (h *htmlPage) head(d Document) {
	h.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
	h.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src %s; script-src %s; base-uri 'none'; "+
		"form-action 'none'\"/>\n", hashOf(pageStyle), hashOf(pageScript))
	h.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n")
	h.raw("<title>usher: %s</title>\n<style>%s</style>\n</head>\n<body>\n<h1>usher: %s</h1>\n", escaped(d.Title), pageStyle, escaped(d.Title))
	if !d.At.IsZero() {
		h.raw("<p class=\"soft\">%s</p>\n", escaped(d.At.UTC().Format(time.RFC1123)))
	}
	if d.Digest != "" {
		h.raw("<p class=\"soft\">Digest: <code>%s</code></p>\n", escaped(d.Digest))
	}
}

// part writes a part that is no step.
func (h *htmlPage) part(part Part) {
	switch part := part.(type) {
	case Verdict:
		h.raw("<p class=\"verdict\">%s</p>\n", escaped(string(part)))
	case Sentence:
		if strings.TrimSpace(string(part)) != "" {
			h.raw("<p>%s</p>\n", escaped(string(part)))
		}
	case Note:
		h.note(part)
	case Bars:
		h.bars(part)
	case Table:
		h.table(part)
	case List:
		h.list(part)
	case Facts:
		for _, f := range part {
			h.raw("<p>%s: <code>%s</code></p>\n", escaped(f.Name), escaped(f.Value))
		}
	case Outcome:
		h.raw("<p class=\"note\"><code>%s</code></p>\n", escaped(outcomeText(part)))
	case Check:
		h.raw("<p class=\"note\"><b>%s</b>: %s</p>\n", escaped(string(part.Verdict)), escaped(part.sentence()))
	case Code:
		h.code(part)
	}
}

// note writes a note with its lines and the way out.
func (h *htmlPage) note(n Note) {
	class := map[Level]string{Wrong: "wrong", Refusal: "refusal", Unbound: "refusal", Warning: "warning", Permitted: "warning"}[n.Level]
	heading := n.Heading
	if heading != "" {
		heading += " "
	}
	h.raw("<div class=\"note %s\"><b>%s</b>: %s%s", class, n.Level.head().text, escaped(heading), escaped(n.sentence()))
	lines := make([]string, 0, len(n.Lines)+len(n.Sources))
	for _, s := range n.Sources {
		lines = append(lines, "on "+s.where())
	}
	if lines = append(lines, n.Lines...); len(lines) > 0 {
		h.raw("<ul>")
		for _, line := range lines {
			h.raw("<li>%s</li>", escaped(strings.TrimSpace(line)))
		}
		h.raw("</ul>")
	}
	if n.Fix != "" {
		h.raw("<p>%s.</p>", escaped(n.Fix))
	}
	h.raw("</div>\n")
}

func (h *htmlPage) table(t Table) {
	h.raw("<div class=\"scroll\"><table><thead><tr>")
	for _, name := range t.Head {
		h.raw("<th>%s</th>", escaped(name))
	}
	h.raw("</tr></thead><tbody>\n")
	for _, row := range t.Rows {
		h.raw("<tr>")
		for _, value := range row {
			h.raw("<td>%s</td>", escaped(value))
		}
		h.raw("</tr>\n")
	}
	h.raw("</tbody></table></div>\n")
}

// list writes a list. One with days is a timeline.
func (h *htmlPage) list(l List) {
	if l.Title != "" {
		h.raw("<h2>%s</h2>\n", escaped(strings.TrimSuffix(l.Title, ":")))
	}
	class := "items"
	if len(l.Items) > 0 && l.Items[0].Day != "" {
		class = "timeline"
	}
	h.raw("<ul class=\"%s\">\n", class)
	for _, i := range l.Items {
		h.raw("<li>")
		if i.Day != "" {
			h.raw("<time>%s</time> ", escaped(i.Day))
		}
		h.raw("<span>%s</span>", escaped(strings.TrimSpace(i.Op.Sign()+" "+i.Text+"  "+i.Detail)))
		if len(i.Origins) > 0 {
			h.raw(" <span class=\"origin\">%s</span>", escaped(originTexts(i.Origins)))
		}
		for _, more := range i.More {
			h.raw("<br/>%s", escaped(more))
		}
		if len(i.Code) > 0 {
			h.code(i.Code)
		}
		h.raw("</li>\n")
	}
	h.raw("</ul>\n")
}

func (h *htmlPage) code(lines []string) {
	h.raw("<pre>")
	for _, line := range lines {
		h.raw("%s\n", escaped(line))
	}
	h.raw("</pre>\n")
}

// bars draws each pool three times on one scale: before, at its highest, and after, with
// its limit as a line.
func (h *htmlPage) bars(bars Bars) {
	h.raw(barsHead)
	for _, b := range bars {
		most := max(b.Limit, b.Before, b.Highest, b.After, 1)
		h.raw("<div>%s</div>", escaped(b.Name))
		h.raw(barHead, escaped(fmt.Sprintf("before %d, highest %d, after %d, limit %d", b.Before, b.Highest, b.After, b.Limit)))
		for i, bar := range []struct {
			class string
			units int64
		}{{"before", b.Before}, {"peak", b.Highest}, {"after", b.After}} {
			within := min(bar.units, b.Limit)
			h.raw("<rect class=\"%s\" y=\"%d\" width=\"%d\" height=\"7\"/>", bar.class, 1+8*i, 1000*within/most)
			if bar.units > b.Limit {
				h.raw("<rect class=\"excess\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"7\"/>", 1000*within/most, 1+8*i, 1000*(bar.units-within)/most)
			}
		}
		at := 1000 * b.Limit / most
		h.raw("<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"0\" y2=\"26\"/></svg>", at, at)
		h.raw("<div class=\"soft\">%s of %d</div>\n", escaped(change(b.Before, b.After)), b.Limit)
	}
	h.raw("</div>\n")
}

// steps writes the steps, with a search that a script brings to life.
func (h *htmlPage) steps(d Document) {
	groups := 0
	for _, part := range d.Parts {
		if intro, is := part.(Intro); is {
			h.raw("<h2>%s</h2>\n", escaped(strings.TrimSuffix(string(intro), ":")))
		}
		s, is := part.(Steps)
		if !is {
			continue
		}
		if groups++; groups == 1 {
			h.raw(findBar)
		}
		h.group(s)
	}
}

// block is how many rows a browser lays out at once. It leaves blocks alone that nobody sees.
const block = 200

// group writes the steps of a license or of an environment.
func (h *htmlPage) group(s Steps) {
	title := escaped(s.Title)
	h.raw(groupHead, title, title, len(s.Rows))
	for i, r := range s.Rows {
		if i > 0 && i%block == 0 {
			h.raw("</ul>\n<ul class=\"rows\">\n")
		}
		class := actOf(r.Op)
		h.raw("%s", `<li class="`+class+`" data-op="`+class+`"><span class="op">`+escaped(r.Op.Sign())+`</span><span class="who">`+
			escaped(r.Subject)+`</span><span class="detail">`+escaped(r.Detail)+`</span><span class="origin">`+escaped(originTexts(r.Origins))+
			"</span></li>\n")
	}
	if s.Adopted > 0 {
		h.raw("<li class=\"record\" data-op=\"record\"><span class=\"op\">=</span><span class=\"who\">%s it already: adopt</span></li>\n",
			ledger.Plural(s.Adopted, "person has", "people have"))
	}
	h.raw("</ul></details>\n")
}

// actOf is the act of a step, for colours and filters.
func actOf(o ledger.Op) string {
	switch o {
	case ledger.Add:
		return "add"
	case ledger.Remove:
		return "remove"
	case ledger.Adopt, ledger.Forget:
		return "record"
	}
	return "change"
}
