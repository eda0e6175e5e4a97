package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/wire"
)

// seated answers questions about accounts: those that are named have the product s.
type seated struct {
	accounts string // " a b "
	batches  atomic.Int64
}

// Do implements policy.Transporter.
func (s *seated) Do(req *http.Request) (*http.Response, error) {
	s.batches.Add(1)
	var asked struct {
		Requests []struct{ ID, URL string }
	}
	if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
		return nil, err
	}
	var parts []string
	for _, q := range asked.Requests {
		id := strings.TrimPrefix(strings.Split(q.URL, "?")[0], "/users/")
		rows := ""
		if strings.Contains(s.accounts, " "+id+" ") {
			rows = `{"skuId":"S","state":"Active"}`
		}
		parts = append(parts, fmt.Sprintf(`{"id":%q,"status":200,"body":{"id":%q,"licenseAssignmentStates":[%s]}}`, q.ID, id, rows))
	}
	body := `{"responses":[` + strings.Join(parts, ",") + `]}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// TestHolds asks for many seats that are said to be gone, and finds the first that is
// there, wherever it is.
func TestHolds(t *testing.T) {
	var grants []ledger.Grant
	for n := range 215 {
		id := fmt.Sprint("u", n)
		grants = append(grants, ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: id, Name: id},
			Item: ledger.Item{Kind: ledger.Seat, ID: "s", Name: "S"}, Value: ledger.Value{Units: 1}})
	}
	for accounts, want := range map[string]int{"": -1, " u0 ": 0, " u19 u20 ": 19, " u214 ": 214, " u90 u57 ": 57, " u81 u200 ": 81} {
		s := &seated{accounts: accounts}
		c := graph.New(wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: s, Now: time.Now}))
		at, err := c.Holds(context.Background(), grants)
		if at != want || err != nil || s.batches.Load() > 11 {
			t.Errorf("of %q it finds %d in %d batches, %v; want %d", accounts, at, s.batches.Load(), err, want)
		}
	}
}
