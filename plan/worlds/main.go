package worlds

import (
	"flag"
	"testing"
)

// Main runs the tests of a package that looks at worlds, and returns their
// exit code. An ordinary run looks at 3,000 of them; -rapid.checks names
// another number.
func Main(m *testing.M) int {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("3000")
	}
	return m.Run()
}
