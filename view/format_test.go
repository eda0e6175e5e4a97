package view

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// hostileNames are what somebody could call a group, a flow or a person.
func hostileNames() []string {
	names := []string{
		hostile, "a|b", "**bold**", "__init__", "`code` ``` end", "[x](https://evil.example)", "![x](https://evil.example/y.png)",
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details><h1>approved</h1>", "<!-- usher --> hidden", "--> <b>x</b>",
		"# heading", "- item", "> quote", "1. one", "---", "@everyone", "hello @octocat/team", "#1", "GH-1", "https://evil.example/?a=b",
		"www.evil.example", "{{ constructor }}", "${{ secrets.TOKEN }}", "%{ if true }", "::set-output name=x::y", "##vso[task.setvariable]x",
		"::add-mask::x", "(@octocat)", "x,@all", "group/@octocat", "\u00a0@all", "\u00a0::set-output name=x::y", "@@all",
		"\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "\u202eevil", "a\u200bb", "\x00", "\r\nApproved", "a\n\n# b",
		"~~~", "|---|",
		"&lt;b&gt;", "&#64;x", "$x$", "\\", "\\`", "```", "``` x", "*", "_", "[", "]]>", "<![CDATA[", "<?xml?>", "'\"", "= b\n===",
		"\tcode", "    code",
	}
	for i := range 150 {
		names = append(names, fmt.Sprintf("%c%c name %d", 0x20+i%0x5f, 0x7e-i%0x5f, i))
	}
	return append(names, strings.Repeat("long", 1<<14))
}

// hostilePage has a name in every text of every part.
func hostilePage(name string) Page {
	p := Page{Title: name, Digest: name}
	for _, part := range parts() {
		full := reflect.New(reflect.TypeOf(part)).Elem()
		fillWith(full, name)
		p.add(full.Interface().(Part))
	}
	for level := Wrong; level <= Unbound; level++ {
		p.add(Note{Level: level, Code: name, Address: name, Heading: name, Text: name, Lines: []string{name}, Fix: name,
			Sources: []Source{{File: name, Line: 1, Block: name, Text: name}}})
	}
	for _, op := range []ledger.Op{ledger.Add, ledger.Change, ledger.Remove, ledger.Retry, ledger.Adopt} {
		for _, why := range []ledger.Why{ledger.Declared, ledger.Drift} {
			at := []ledger.Origin{{File: name, Line: 1, Block: name}}
			p.add(Steps{Title: name, Rows: []Row{{op, name, name, at, name, why, Move{}}, {op, name, name, at, name, why, Move{name, name}}}})
		}
	}
	return p
}

// TestHostileNames: no name acts in any format, and each stays readable.
func TestHostileNames(t *testing.T) {
	var harmless bytes.Buffer
	if err := Show("markdown", Output{Writer: &harmless}, Document{hostilePage("a name"), &plan.Plan{}}); err != nil {
		t.Fatal(err)
	}
	var plainHTML bytes.Buffer
	if err := Show("html", Output{Writer: &plainHTML}, Document{hostilePage("a name"), &plan.Plan{}}); err != nil {
		t.Fatal(err)
	}
	plainly := inert(t, "a name", harmless.Bytes())
	for _, name := range hostileNames() {
		d := Document{hostilePage(name), &plan.Plan{}}
		for _, format := range Formats("plan") {
			var b bytes.Buffer
			if err := Show(format, Output{Writer: &b}, d); err != nil {
				t.Fatalf("%s of %.50q: %v", format, name, err)
			}
			if strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || harmful(r)) }) {
				t.Errorf("%s of %.50q has a character that nobody sees", format, name)
			}
			for line := range strings.Lines(b.String()) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##vso[") {
					t.Errorf("%s of %.50q has the line %.80q", format, name, line)
				}
			}
			switch format {
			case "markdown":
				for _, word := range regexp.MustCompile(`[A-Za-z]{4,}`).FindAllString(name, -1) {
					if !strings.Contains(b.String(), word) {
						t.Errorf("%.50q is not to be read any more", name)
					}
				}
				if got := inert(t, name, b.Bytes()); !slices.Equal(got, plainly) {
					t.Errorf("%.50q makes the page another one: %v, and not %v", name, got, plainly)
				}
			case "junit":
				wellFormed(t, name, &b)
			case "html":
				harmlessHTML(t, name, b.String(), plainHTML.String())
			case "json", "sarif", "gitlab":
				if !json.Valid(b.Bytes()) {
					t.Errorf("%s of %.50q is no JSON", format, name)
				}
			}
		}
	}
}

// harmlessHTML wants the elements and attributes of a page with harmless names, and a
// readable name. The style and the script are what they are for every page.
func harmlessHTML(t *testing.T, name, page, plain string) {
	t.Helper()
	skeleton := func(text string) []string {
		dec := xml.NewDecoder(strings.NewReader(text[strings.Index(text, "<html"):]))
		var all []string
		for {
			token, err := dec.Token()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("%.50q breaks the page: %v", name, err)
				}
				return all
			}
			if e, is := token.(xml.StartElement); is {
				tag := e.Name.Local
				for _, a := range e.Attr {
					if tag += " " + a.Name.Local; a.Name.Local != "data-title" && a.Name.Local != "class" {
						tag += "=" + a.Value
					}
				}
				all = append(all, tag)
			}
		}
	}
	if got, want := skeleton(page), skeleton(plain); !slices.Equal(got, want) {
		t.Errorf("%.50q makes other elements", name)
	}
	for _, word := range regexp.MustCompile(`[A-Za-z]{4,}`).FindAllString(name, -1) {
		if !strings.Contains(page, word) {
			t.Errorf("%.50q is not to be read any more", name)
		}
	}
}

// marker is the first line of a page, which has no text of anybody else.
var marker = regexp.MustCompile(`^<!-- usher \{"page":"[A-Za-z]*","at":"[0-9TZ:-]+","finding":"[a-z]+"\} -->$`)

// tells is a text by which a forge tells a person, or links to an issue.
var tells = regexp.MustCompile(`(^|[^\w.])[@#]\w`)

// inert checks that Markdown has nothing but what usher makes: its headings, lists,
// tables, blocks of code and folds. It returns its blocks.
func inert(t *testing.T, name string, source []byte) (blocks []string) {
	t.Helper()
	renderer := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify))
	root := renderer.Parser().Parse(text.NewReader(source))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeBlock {
			blocks = append(blocks, n.Kind().String())
		}
		switch n := n.(type) {
		case *ast.Link, *ast.Image, *ast.CodeSpan, *ast.Blockquote, *ast.ThematicBreak:
			t.Errorf("%.50q makes a %s", name, n.Kind())
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL {
				t.Errorf("%.50q makes a link to %s", name, n.URL(source))
			}
		case *ast.Text:
			if said := n.Value(source); tells.Match(said) {
				t.Errorf("%.50q mentions somebody or something: %q", name, said)
			}
		case *ast.Heading:
			if n.Level < 3 {
				t.Errorf("%.50q makes a heading", name)
			}
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				at := n.Segments.At(i)
				if tag := string(at.Value(source)); tag != "<!-- -->" {
					t.Errorf("%.50q makes %q", name, tag)
				}
			}
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				at := n.Lines().At(i)
				line := strings.TrimSpace(string(at.Value(source)))
				if i == 0 && marker.MatchString(line) {
					continue
				}
				inside := strings.TrimSuffix(strings.TrimPrefix(line, "<details><summary>"), "</summary>")
				inside = strings.ReplaceAll(inside, "<!-- -->", "\x00")
				if line != "</details>" && (strings.ContainsAny(inside, "<>") || tells.MatchString(inside)) {
					t.Errorf("%.50q makes the HTML %q", name, line)
				}
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

func wellFormed(t *testing.T, name string, r io.Reader) {
	t.Helper()
	dec := xml.NewDecoder(r)
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%.50q: %v", name, err)
			return
		}
	}
}

// TestMarkdownFits: a comment has no more bytes than a forge takes. It always has the
// verdict, and says how much of it is missing.
func TestMarkdownFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, refused := Page{Title: "Plan"}, false
		for range rapid.IntRange(0, 6).Draw(t, "parts") {
			switch rapid.IntRange(0, 4).Draw(t, "part") {
			case 0:
				n := Note{Code: "losses", Lines: rapid.SliceOfN(rapid.StringMatching(`[a-z ]{1,900}`), 0, 3).Draw(t, "lines")}
				p.refuse(n, "%d people lose it", rapid.IntRange(0, 1000).Draw(t, "people"))
				refused = true
			case 1:
				s := Steps{Title: "license"}
				for n := range rapid.IntRange(1, 400).Draw(t, "rows") {
					op := rapid.SampledFrom([]ledger.Op{ledger.Add, ledger.Remove, ledger.Change}).Draw(t, "op")
					s.Rows = append(s.Rows, Row{Op: op, Subject: fmt.Sprintf("user%d@contoso.com", n), Address: fmt.Sprintf("user/user%d:E5", n)})
				}
				p.add(s)
			case 2:
				p.add(Table{Head: []string{"pool", "now"}, Rows: [][]string{{"E5", "1"}}})
			case 3:
				p.add(Note{Level: Warning, Text: "something"})
			case 4:
				p.add(List{Title: "By hand:", Items: []Item{{Text: "buy"}}})
			}
		}
		p.add(Verdict("Plan: many to add."))
		most := rapid.IntRange(400, 20_000).Draw(t, "bytes")
		var whole, short bytes.Buffer
		d := Document{Page: p}
		if asMarkdown(Output{Writer: &whole}, d) != nil || asMarkdown(Output{Writer: &short, MaxBytes: most}, d) != nil {
			t.Fatal("it is not shown")
		}
		switch {
		case short.Len() > most:
			t.Fatalf("%d bytes, and %d are allowed", short.Len(), most)
		case refused && !strings.Contains(short.String(), "Refused"):
			t.Fatalf("it does not say that the plan is refused:\n%s", short.String())
		case !strings.Contains(short.String(), "many to add"):
			t.Fatalf("the verdict is missing:\n%s", short.String())
		case whole.Len() <= most && whole.String() != short.String():
			t.Fatalf("it is shortened without need")
		case whole.Len() > most && !strings.Contains(short.String(), "This page is shortened"):
			t.Fatalf("it does not say that it is shortened:\n%s", short.String())
		}
	})
}

// TestFormatsOfAPlan: each format has the plan.
func TestFormatsOfAPlan(t *testing.T) {
	p := Page{Title: "Plan"}
	p.refuse(Note{Code: "losses", Origins: []ledger.Origin{{File: "people & co.hcl", Line: 4}}}, "too many people lose it")
	p.add(Steps{Title: "license", Rows: []Row{
		{Op: ledger.Add, Subject: "ada", Address: "user/ada:E5"}, {Op: ledger.Remove, Subject: "ada", Address: "user/ada:E3"},
		{Op: ledger.Change, Subject: "ben", Address: "user/ben:E3"}, {Op: ledger.Adopt, Subject: "cleo", Address: "user/cleo:E3"},
	}})
	for format, want := range map[string][]string{
		"text":     {"Refused: too many people lose it.", "+ ada"},
		"markdown": {"- **Refused**: too many people lose it.", "- user/ada:E3", "+ ada"},
		"gitlab":   {`"create": 1`, `"update": 1`, `"delete": 1`},
		"junit":    {`tests="5"`, `failures="1"`, `name="- user/ada:E3"`},
		"sarif":    {`"ruleId": "losses"`, `"level": "error"`, `"uri": "people%20&%20co.hcl"`, `"startLine": 4`, `"ruleId": "step"`},
	} {
		var b bytes.Buffer
		if err := Show(format, Output{Writer: &b}, Document{p, &plan.Plan{}}); err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(b.String(), part) {
				t.Errorf("%s lacks %s:\n%s", format, part, b.String())
			}
		}
	}
}

// TestMarkdownOfAHeadAlone: between two headings stands one empty line.
func TestMarkdownOfAHeadAlone(t *testing.T) {
	var b bytes.Buffer
	if err := asMarkdown(Output{Writer: &b}, Version(Build{Version: "1.0.0"})); err != nil {
		t.Fatal(err)
	}
	m, text, found := ledger.ReadMarker(b.String())
	if !found || m.Page != "Version" || m.Finding != ledger.Something {
		t.Errorf("the marker is %+v", m)
	}
	if got, want := text, "### usher: Version\n\n#### Notes\n\n- usher v1.0.0\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
