package tenant_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// TestShrunkenLists: a well-formed list that leaves out what is there takes nothing
// from what is known. It is asked for by id, and then the list counts as unread.
func TestShrunkenLists(t *testing.T) {
	whole, err := readShrunken(t, "", nil, nil)
	if err != nil || len(whole.Unread) > 0 {
		t.Fatal(err, whole.Unread)
	}
	for _, list := range []string{"/v1.0/users", "/v1.0/subscribedSkus", "/environmentmanagement/environments",
		"/licensing/allocationsByEnvironment",
		"/workflows", "/flowmachines", "/flowmachinegroups", "/flowcapacityassignments", "/members"} {
		for name, cut := range cuts() {
			t.Run(strings.TrimPrefix(list, "/")+" "+name, func(t *testing.T) {
				r, err := readShrunken(t, list, cut, whole.Grants)
				if err != nil {
					return // then nothing is concluded at all
				}
				toldOnce(t, list, r.Unread)
				for _, g := range whole.Grants {
					there := slices.ContainsFunc(r.Grants, func(o ledger.Grant) bool { return o.Key() == g.Key() && o.Units == g.Units })
					unread := slices.ContainsFunc(r.Unread, func(u ledger.Unread) bool { return u.Covers(g.Holder.Identity()) })
					if !there && !unread && !r.Vanished[g.Item.ID].Unread {
						t.Errorf("%s is there, and the reading says that it is not", g.Address())
					}
				}
				for _, m := range whole.Members {
					there := slices.ContainsFunc(r.Members, func(o ledger.Members) bool { return o.Group == m.Group && slices.Equal(o.Users, m.Users) })
					unread := slices.ContainsFunc(
						r.Unread,
						func(u ledger.Unread) bool { return u.Covers(ledger.HolderID{Kind: ledger.Group, ID: m.Group}) },
					)
					if !there && !unread {
						t.Errorf("%v are in %s, and the reading says that some are not", m.Users, m.Group)
					}
				}
			})
		}
	}
}

// toldOnce: a place that was not read is told once, and by the list that is short.
func toldOnce(t *testing.T, list string, unread []ledger.Unread) {
	told := map[ledger.Unread]bool{}
	for _, u := range unread {
		at := ledger.Unread{Holder: u.Holder, Inside: u.Inside}
		if told[at] {
			t.Errorf("%s is told twice, the second time as %q", u.Address(), u.Reason)
		}
		told[at] = true
		if list == "/flowcapacityassignments" && !strings.Contains(u.Reason, "the list leaves out") {
			t.Errorf("the assignments of capacity are short, and the reason is %q", u.Reason)
		}
	}
}

// giving is a group that gives its members a product.
const giving = "99999999-0000-4000-8000-000000000001"

// cuts are the ways in which a list can be shorter than what it is about.
func cuts() map[string]func([]any) []any {
	return map[string]func([]any) []any{
		"empty":   func([]any) []any { return []any{} },
		"shorter": func(rows []any) []any { return rows[min(1, len(rows)):] },
		"hollow": func(rows []any) []any { // the lists inside of the rows
			for _, row := range rows {
				for name, part := range row.(map[string]any) {
					if list, is := part.([]any); is && len(list) > 0 {
						row.(map[string]any)[name] = list[1:]
					}
				}
			}
			return rows
		},
	}
}

// readShrunken reads a tenant whose answers leave rows out of one list, and not out of
// what is asked for by id.
func readShrunken(t *testing.T, list string, cut func([]any) []any, known []ledger.Grant) (*tenant.Reading, error) {
	t.Helper()
	world, robots := sampleTenant(t, "small"), sampleTenant(t, "rpa")
	world.Environments, world.Capacity = robots.Environments, robots.Capacity
	world.Groups = append(world.Groups, &sandbox.Group{ID: giving, Name: "staff", Members: []string{"11eab73e-432a-4d09-92ca-4fc2f8c996fa"},
		Licenses: []sandbox.GroupLicense{{SKU: "05e9a617-0261-4cee-bb44-138d3ef5d965"}}})
	server := sandbox.New(world, sandbox.Options{Now: time.Now})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		if list != "" && strings.HasSuffix(r.URL.Path, list) && !byID(r.URL) {
			body = shrunken(body, cut)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	}))
	defer front.Close()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	tn, err := tenant.Open(
		tenant.Settings{Endpoint: front.URL, Version: "0.0.0", Catalog: cat, Now: time.Now, Retry: time.Millisecond, Timeout: 10 * time.Second},
	)
	if err != nil {
		t.Fatal(err)
	}
	o := tenant.ReadOptions{Environments: []string{"production", "test"}, Groups: []string{giving}}
	for _, g := range known {
		o.Recorded = append(o.Recorded, g.Holder)
		o.Grants = append(o.Grants, g)
		if g.Item.Kind == ledger.Seat && !slices.Contains(o.Products, g.Item) {
			o.Products = append(o.Products, g.Item)
		}
	}
	return tn.Read(context.Background(), o)
}

func sampleTenant(t *testing.T, name string) *sandbox.Tenant {
	t.Helper()
	text, err := os.ReadFile("../cmd/usher/testdata/tenants/" + name + ".tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	world, err := sandbox.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func byID(u *url.URL) bool {
	return regexp.MustCompile(`(id|_regarding_value) eq `).MatchString(u.Query().Get("$filter"))
}

// shrunken cuts the list that an answer is or has.
func shrunken(body []byte, cut func([]any) []any) []byte {
	var rows []any
	var object map[string]any
	if json.Unmarshal(body, &rows) == nil {
		body, _ = json.Marshal(cut(rows))
	} else if json.Unmarshal(body, &object) == nil {
		if rows, ok := object["value"].([]any); ok {
			object["value"] = cut(rows)
		}
		body, _ = json.Marshal(object)
	}
	return body
}
