package powerplatform

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// TestSpelling: an environment is asked for as the service spells it, also one that no list had.
func TestSpelling(t *testing.T) {
	c := New(nil, nil)
	c.spelled["default-81db"] = "Default-81DB"
	for id, want := range map[string]string{"default-81db": "Default-81DB", "default-52a5": "Default-52a5", "52a5": "52a5"} {
		if got := c.spelling(id); got != want {
			t.Errorf("%s is asked for as %s, and not as %s", id, got, want)
		}
	}
}

// newerService serves environments by the second route only, as Microsoft does newer ones.
type newerService struct {
	document string
	whole    int      // how many answers have it; the later ones are empty
	asked    []string // method and path
}

func (s *newerService) Do(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	status, body := http.StatusOK, s.document
	if strings.HasPrefix(r.URL.Path, "/licensing/environments/") {
		status, body = http.StatusBadRequest, `{"code":"Legacy","message":"legacy environments only"}`
	} else if s.whole--; s.whole < 0 {
		body = `{"currencyAllocations":[]}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestNewer: the first route is asked once for an environment that it does not serve, and what a
// reading showed and the document lacks is not written over, because its rules would be lost.
func TestNewer(t *testing.T) {
	const readings, check = 2, 1
	s := &newerService{whole: readings + check,
		document: `{"currencyAllocations":[{"currencyType":"AI","allocated":5,"enforcementRules":[{"type":"Stop"}]}]}`}
	w := wire.New(wire.Options{Base: "https://platform.example", Version: "0", Transport: s, Now: time.Now})
	c, ctx := New(w, func(currency string) string { return currency }), context.Background()
	for range readings {
		row, err := c.allocation(ctx, "e")
		if err != nil || len(row.Currencies) != 1 {
			t.Fatalf("the environment is read as %+v, %v", row, err)
		}
		c.see("e", row)
	}
	if want := "GET /licensing/environments/e/allocations"; len(s.asked) != 3 || s.asked[0] != want || s.asked[2] == want {
		t.Errorf("asked were %q", s.asked)
	}

	item := ledger.Item{Kind: ledger.Capacity, ID: "AI", Name: "AI"}
	got := c.Allocate(ctx, ledger.Call{Holder: ledger.Holder{Kind: ledger.Environment, ID: "e"}, Steps: []ledger.Step{{
		Holder: ledger.Holder{Kind: ledger.Environment, ID: "e"}, Item: item, Before: &ledger.Value{Units: 5}, After: &ledger.Value{Units: 7}}}})
	if got.Outcome != ledger.Failed || !strings.Contains(got.Message, "does not have its AI any more") {
		t.Errorf("the call came to %v: %s", got.Outcome, got.Message)
	}
	if last := s.asked[len(s.asked)-1]; strings.HasPrefix(last, http.MethodPatch) {
		t.Errorf("it was written: %q", s.asked)
	}
}
