package ledger

import "fmt"

// String is the place of an origin, such as people.hcl:41.
func (o Origin) String() string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// Count writes a number of things, in the singular for one.
func Count[N int | int64](n N, one string) string { return Plural(n, one, one+"s") }

// Plural is Count for words that do not end in an s.
func Plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// OnThisMachine reports whether a host name is this machine's own: nobody else sees
// what is sent there, even where it is not encrypted.
func OnThisMachine(host string) bool {
	return host == "127.0.0.1" || host == "localhost" || host == "::1"
}
