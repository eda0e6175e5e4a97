package state

import (
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestLinesOfFiles: the line that asked for a grant is read as it was written, whatever the file
// is called.
func TestLinesOfFiles(t *testing.T) {
	for _, want := range []ledger.Origin{
		{File: "main.hcl", Line: 4, Block: "assignment.office"},
		{File: "my people.csv", Line: 2, Block: "assignment.office"},
		{File: "a: b.csv", Line: 20, Block: `assignment.office["x y:3"]`},
		{File: "lists/two\nlines.csv", Line: 1},
	} {
		if got, ok := lineOf([]ledger.Origin{want}).Origin(); !ok || got != want {
			t.Errorf("%q becomes %q", want, got)
		}
	}
	if _, ok := Line("nothing").Origin(); ok {
		t.Error("a line without a place has one")
	}
}
