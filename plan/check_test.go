package plan

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestStepsHaveTheirValues: whoever edits a saved plan can make its digest anew. A
// step without the values of its operation is refused before anything reads them.
func TestStepsHaveTheirValues(t *testing.T) {
	one := &ledger.Value{Units: 1}
	ada := ledger.Holder{Kind: ledger.User, ID: "1", Name: "ada@contoso.com"}
	e5 := ledger.Item{Kind: ledger.Seat, ID: "2", Name: "E5"}
	for _, c := range []struct {
		op            ledger.Op
		before, after *ledger.Value
		fine          bool
	}{
		{ledger.Add, nil, one, true}, {ledger.Add, nil, nil, false}, {ledger.Add, one, nil, false},
		{ledger.Change, one, one, true}, {ledger.Change, nil, one, false}, {ledger.Change, one, nil, false},
		{ledger.Remove, one, nil, true}, {ledger.Remove, nil, nil, false}, {ledger.Remove, nil, one, false},
		{ledger.Retry, nil, nil, true}, {ledger.Retry, one, nil, false}, {ledger.Restart, nil, nil, true},
		{ledger.Adopt, nil, one, true}, {ledger.Adopt, one, one, true}, {ledger.Adopt, one, nil, false},
		{ledger.Forget, one, nil, true}, {ledger.Forget, nil, nil, false}, {"x", one, one, false},
	} {
		s := ledger.Step{Op: c.op, Holder: ada, Item: e5, Before: c.before, After: c.after}
		asCall := &Plan{Format: Format, Calls: []ledger.Call{{ID: 1, Holder: ada, Steps: []ledger.Step{s}}}}
		asRecord := &Plan{Format: Format, Records: []ledger.Step{s}}
		for _, p := range []*Plan{asCall, asRecord} {
			fine := c.fine && c.op.OnRecord() == (p == asRecord)
			p.Digest = digest(p)
			var text bytes.Buffer
			if err := p.Encode(&text); err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(text.Bytes()); (err == nil) != fine || err != nil && !errors.Is(err, ErrFormat) {
				t.Errorf("a step %q from %v to %v is read with %v", c.op, c.before, c.after, err)
			}
		}
	}
}

// TestDecodeSaysWhatIsWrong: a document that is no plan of this version is refused with the reason.
func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for text, reason := range map[string]string{
		`{}`:                    "its format is 0",
		`{"format":99,"new":1}`: "its format is 99",
		`{"format":1}`:          "its content does not match its digest",
		`{"format":1,"new":1}`:  `unknown field "new"`,
		`{"format":1}{}`:        "something follows the document",
		`{"format":1}}`:         "something follows the document",
		``:                      "it is no JSON object",
	} {
		if _, err := Decode([]byte(text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v; want %s", text, err, reason)
		}
	}
}
