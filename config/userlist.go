package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/usher-cli/usher/ledger"
)

// userList streams a users_file: one column of user principal names among
// any others. An empty or damaged file is an error, never an empty list,
// because an empty list would take everybody's seat.
//
// The table can come from Excel, from an admin centre or from PowerShell: the column of names
// is found by its heading, and a table of one column needs none. A row that cannot be a name
// is an error with its line. Skipping it would take a seat from the person that it means.
func (s *source) userList(path, column string, at hcl.Range, block string) ([]namedAt, hcl.Diagnostics) {
	f, err := s.open(path)
	if err != nil {
		return nil, hcl.Diagnostics{failure(at, "File not readable", "users_file %q cannot be read: %s.", path, s.unreadable(path, err))}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, hcl.Diagnostics{failure(at, "File not readable", "users_file %q cannot be read: %s.", path, plainError(err))}
	}
	r, err := newUserReader(f, column)
	if err != nil {
		return nil, hcl.Diagnostics{failure(at, "Not a list of users", "users_file %q: %s.", path, err)}
	}
	const usualRow = 24 // bytes
	people := make([]namedAt, 0, info.Size()/usualRow)
	var diags hcl.Diagnostics
	for {
		name, line, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		origin := ledger.Origin{File: path, Line: line, Block: block}
		if err != nil {
			diags = append(diags, failure(atOrigin(origin), "Damaged list of users", "%s.", err))
			break
		}
		switch {
		case strings.ContainsRune(name, utf8.RuneError):
			diags = append(diags, failure(atOrigin(origin), "Not UTF-8",
				"The name in this row has a character that is not UTF-8: save the file as CSV UTF-8, which Excel offers under Save as."))
			continue
		case !ValidUser(name):
			diags = append(
				diags,
				failure(atOrigin(origin), "Not a user", "%q is neither a user principal name such as ada@contoso.com nor an object id.", name),
			)
			continue
		}
		people = append(people, namedAt{name: name, at: origin, list: path})
	}
	if len(people) == 0 && len(diags) == 0 {
		diags = append(
			diags,
			failure(at, "Empty list of users", "users_file %q has no users. To give nothing to anybody, delete the assignment.", path),
		)
	}
	if len(diags) > 0 {
		s.show(path)
	}
	return people, diags
}

// userReader reads one column of a CSV file.
type userReader struct {
	csv    *csv.Reader
	column int
	before int // lines before the table
	cells  int // of the headings
	end    *lastByte
	first  []string // the first row, when it is data because there is no heading
}

// lastByte remembers the last byte that was read: a table that is whole ends a line.
type lastByte struct {
	io.Reader
	last  byte
	count int64 // bytes that were read, but for those before the table
}

// Read implements io.Reader.
func (l *lastByte) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.count += int64(n); n > 0 {
		l.last = p[n-1]
	}
	return n, err
}

// newUserReader finds the encoding, the delimiter and the column of a list.
//
// It looks at the first 4 KiB only, so that a list of any length is read as a stream. Without the
// name of a column, one with a heading of people's names is taken.
func newUserReader(f io.Reader, column string) (*userReader, error) {
	// A byte order mark decides between UTF-8 and UTF-16; without one it is UTF-8.
	text := &lastByte{Reader: transform.NewReader(f, unicode.BOMOverride(unicode.UTF8.NewDecoder()))}
	head := make([]byte, 4096)
	n, err := io.ReadFull(text, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if strings.ContainsRune(string(head), 0) {
		return nil, errors.New("it is not text: save it as CSV")
	}
	comma, rest, err := preamble(string(head))
	if err != nil {
		return nil, err
	}
	first := strings.Count(string(head[:n-len(rest)]), "\n") // lines that are no part of the table
	text.count -= int64(n - len(rest))
	r := csv.NewReader(io.MultiReader(strings.NewReader(rest), text))
	r.Comma, r.ReuseRecord = comma, true
	r.FieldsPerRecord = -1 // Excel leaves out the last cells of a row where they are empty
	row, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	}
	if err != nil {
		return nil, err
	}
	u := &userReader{csv: r, before: first, cells: len(row), end: text}
	if u.column = userColumn(row, column); u.column >= 0 {
		return u, nil
	}
	if column != "" {
		return nil, fmt.Errorf("no column is called %q, as users_column says; its columns are %s", column, quoted(row))
	}
	if len(row) == 1 && ValidUser(strings.TrimSpace(row[0])) {
		u.column, u.first = 0, []string{row[0]}
		return u, nil
	}
	if slices.ContainsFunc(row, func(cell string) bool { return ValidUser(strings.TrimSpace(cell)) }) { // names are not quoted back
		return nil, errors.New("its first row is a person already: write a row of headings above it, such as userPrincipalName")
	}
	return nil, fmt.Errorf("no column is called userPrincipalName (or UPN, User name, User principal name); its columns are %s: "+
		"name the one that you mean with users_column", quoted(row))
}

// quoted lists texts in quotes.
func quoted(texts []string) string {
	var all []string
	for _, t := range texts {
		all = append(all, strconv.Quote(t))
	}
	return strings.Join(all, ", ")
}

// cutOff reports whether the row that was read is the last one, and does not end its line.
func (u *userReader) cutOff() bool {
	return u.end.last != '\n' && u.csv.InputOffset() >= u.end.count
}

// next returns the next name and its line, io.EOF at the end.
func (u *userReader) next() (string, int, error) {
	if u.first != nil {
		name := u.first[0]
		u.first = nil
		return strings.TrimSpace(name), 1 + u.before, nil
	}
	row, err := u.csv.Read()
	for err == nil && strings.TrimSpace(strings.Join(row, "")) == "" { // Excel leaves rows of delimiters
		row, err = u.csv.Read()
	}
	if err == nil && (len(row) > u.cells || len(row) <= u.column || len(row) < u.cells && u.cutOff()) {
		line, _ := u.csv.FieldPos(0)
		err = &csv.ParseError{Line: line, Err: csv.ErrFieldCount}
	}
	if err != nil {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			way := "the file may be cut off"
			if errors.Is(parse.Err, csv.ErrFieldCount) {
				way += ", or a text with a comma or a semicolon is not in quotes"
			}
			return "", parse.Line + u.before, fmt.Errorf("the row cannot be read (%w): %s", parse.Err, way)
		}
		return "", 1, err
	}
	line, _ := u.csv.FieldPos(u.column)
	return strings.TrimSpace(strings.Clone(row[u.column])), line + u.before, nil
}
