package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding"
	utf "golang.org/x/text/encoding/unicode"
)

// FuzzCSV reads any bytes as a list of users: it ends, lines only go on and lie
// inside the file, no error carries a control character to a terminal, and who was
// read is read again from the list written anew, with each delimiter and encoding.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"UPN\nada@contoso.com\n",
		"ada@contoso.com\r\ngrace@contoso.com\r\n",
		"sep=;\r\nDisplay name;User principal name\r\n\"Lovelace; Ada\";ada@contoso.com\r\n;\r\n",
		"Name\tupn\n\"two\nlines\"\tada@contoso.com\n",
		"\xef\xbb\xbfuserPrincipalName,Title\nada@contoso.com,\"cut",
		"\xff\xfeU\x00P\x00N\x00\n\x00a\x00@\x00b\x00\n\x00",
		"Name,Mail\nAda,ada@contoso.com\n",
		"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 16<<10 {
			return // time goes with size; what breaks is small
		}
		names, err := readAll(t, text)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("the error has a control character: %q", err)
			}
			return
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !ValidUser(name) })
		if len(names) == 0 {
			return
		}
		for _, comma := range ",;\t" {
			for what, enc := range map[string]encoding.Encoding{"UTF-8": utf.UTF8BOM, "UTF-16": utf.UTF16(utf.LittleEndian, utf.UseBOM)} {
				if again, err := readAll(t, writeList(t, names, comma, enc)); err != nil || !slices.Equal(names, again) {
					t.Errorf("%q, written in %s with the delimiter %q, became %q, %v", names, what, comma, again, err)
				}
			}
		}
	})
}

// readAll reads a whole list, and checks the lines that it names.
func readAll(t *testing.T, text []byte) ([]string, error) {
	r, err := newUserReader(bytes.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	var names []string
	before := 0
	for {
		name, line, err := r.next()
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if line < 1 || line < before || line > len(text)+1 {
			t.Fatalf("line %d of %d bytes follows line %d", line, len(text), before)
		}
		if err != nil {
			return nil, err
		}
		names, before = append(names, name), line
	}
}

// writeList writes a list of users as a spreadsheet does, beside another column.
func writeList(t *testing.T, names []string, comma rune, enc encoding.Encoding) []byte {
	var b bytes.Buffer
	out := enc.NewEncoder().Writer(&b)
	w := csv.NewWriter(out)
	w.Comma = comma
	rows := [][]string{{"Display, name; or\tother", "User principal name"}}
	for _, name := range names {
		rows = append(rows, []string{"a \"person\"\nof two lines", name})
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
