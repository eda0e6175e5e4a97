package view

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// hostile is a name that somebody gave in the tenant.
const hostile = "::error::x\x1b[2J\u202e\r\n##vso[task.complete]\u2028::add-mask::y"

// parts is one of every kind of part.
func parts() []Part {
	return []Part{Sentence(""), Intro(""), Verdict(""), Note{}, Steps{}, Table{}, Bars{}, List{}, Facts{}, Outcome{}, Check{}, Code{}, Break{}}
}

// TestEveryPartIsEscaped: whatever the texts of a page are, no terminal and no pipeline
// obeys them, in colour or without, on lines of any length.
func TestEveryPartIsEscaped(t *testing.T) {
	for _, p := range parts() {
		full := reflect.New(reflect.TypeOf(p)).Elem()
		fillWith(full, hostile)
		for _, out := range []Output{{}, {Width: 30}, {Colored: true}} {
			var b bytes.Buffer
			out.Writer = &b
			NewText(out).Show(full.Interface().(Part))
			text := b.String()
			_, ends := p.(Break)
			_, draws := p.(Bars) // which has a table beside it
			if !strings.Contains(text, `\u001b[2J`) && !ends && !draws {
				t.Errorf("%T shows none of its texts: %q", p, text)
			}
			for line := range strings.Lines(text) {
				line = colours.Replace(strings.TrimSuffix(line, "\n"))
				if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || harmful(r) }) ||
					strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##vso[") {
					t.Errorf("%T, %d columns: %q", p, out.Width, line)
				}
			}
		}
	}
}

// colours are the sequences that a coloured line may have.
var colours = strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[36m", "", "\x1b[1m", "", "\x1b[2m", "",
	"\x1b[31;1m", "", "\x1b[33;1m", "", "\x1b[36;1m", "", "\x1b[0m", "", "\x1b[22m", "", "\x1b[0;22m", "", "\x1b[22;0m", "",
	"\x1b[0;22;0;0;0m", "")

// fillWith puts a text into every text of a value, and two elements into every list.
func fillWith(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillWith(v.Field(i), text)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillWith(v.Index(i), text)
		}
	}
}

// TestLinesAreBroken: a line that is too long goes on below. No word is lost or cut,
// and no line is longer than there are columns, but for a word that is.
func TestLinesAreBroken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-zéλ]{1,12}`), 1, 30).Draw(t, "words")
		width := rapid.IntRange(0, 40).Draw(t, "width")
		indent, hang := rapid.IntRange(0, 6).Draw(t, "indent"), rapid.IntRange(0, 12).Draw(t, "hang")
		var spans []span
		for n, word := range words {
			if n > 0 {
				word = " " + word
			}
			spans = append(spans, span{word, nil})
		}
		var b bytes.Buffer
		NewText(Output{Writer: &b, Width: width}).line(indent, hang, spans...)
		if got := strings.Fields(b.String()); !reflect.DeepEqual(got, words) {
			t.Fatalf("%v became %v", words, got)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for n, line := range lines {
			begin := hang
			if n == 0 {
				begin = indent
			}
			if !strings.HasPrefix(line, strings.Repeat(" ", begin)) {
				t.Fatalf("%q begins with other than %d blanks", line, begin)
			}
			if width > 0 && columns(line) > width && len(strings.Fields(line)) > 1 {
				t.Fatalf("%q has more than %d columns", line, width)
			}
		}
		if width == 0 && len(lines) > 1 {
			t.Fatalf("%q is broken", lines)
		}
	})
}
