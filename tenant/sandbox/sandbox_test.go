package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/sandbox"
)

const (
	sku  = "eda1941c-3c4f-4995-b5eb-e85a42175ab9"
	plan = "3da2fd4c-1bee-4b61-a17f-94c31e5cab93"
	file = `{"format":1,"id":"t","name":"T","skus":[{"id":"` + sku + `","partNumber":"PREMIUM","appliesTo":"User","enabled":1,
"plans":[{"id":"` + plan + `","name":"P"}]},
{"id":"00000000-0000-4000-8000-00000000000c","partNumber":"PROCESS","appliesTo":"Company","enabled":1,"plans":[]}],
"capacity":{"X":2},"environments":[{"id":"e1","name":"one"},{"id":"e2","name":"two"}],
"users":[{"id":"u1","upn":"ada@x","displayName":"Ada","usageLocation":"NL"},
{"id":"u2","upn":"grace@x","displayName":"Grace","usageLocation":"NL"},
{"id":"u3","upn":"nowhere@x","displayName":"N"},{"id":"u4","upn":"group@x","displayName":"G","usageLocation":"NL",
"licenses":[{"sku":"` + sku + `","group":"g","error":"CountViolation"}]}]}`
)

func start(t *testing.T) (*sandbox.Server, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.json")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return reopen(t, path), path
}

func reopen(t *testing.T, path string) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Open(path, sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(s http.Handler, method, path, body string) (int, string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, "http://t"+path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func assign(add, remove string) string {
	return `{"addLicenses":[` + add + `],"removeLicenses":[` + remove + `]}`
}

const add = `{"skuId":"` + sku + `","disabledPlans":[]}`

// TestRefusals holds the tenant to the texts of the service: clients can tell
// its errors apart by nothing else.
func TestRefusals(t *testing.T) {
	s, _ := start(t)
	for _, c := range []struct {
		user, body string
		status     int
		text       string
	}{
		{"u9", assign(add, ""), 404, "Resource 'u9' does not exist or one of its queried reference-property objects are not present."},
		{"u1", `{"addLicenses":[]}`, 400, "The missing parameters are: removeLicenses."},
		{"u1", assign("", ""), 400, "No license changes provided. At least one license to add or remove must be specified."},
		{"u3", assign(add, ""), 400, "License assignment cannot be done for user with invalid usage location."},
		{"u1", assign(`{"skuId":"00000000-0000-4000-8000-00000000000c","disabledPlans":[]}`, ""), 400, "does not correspond " +
			"to a valid company License."},
		{"u1", assign("", `"`+sku+`"`), 400, "User does not have a corresponding license."},
		{"u4", assign("", `"`+sku+`"`), 400, "User license is inherited from a group membership and it cannot be removed " +
			"directly from the user."},
		{"u1", `{"addLicenses":[],"removeLicenses":[],"extra":1}`, 400, "Unable to read JSON request payload."},
		{"u1", assign(add, ""), 200, sku},
		{"u1", assign(add, ""), 200, sku}, // an upsert
		{"u2", assign(add, ""), 400, "Subscription with SKU " + sku + " does not have any available licenses."},
		{"ADA@x", assign("", `"`+strings.ToUpper(sku)+`"`), 200, "assignedLicenses"},
		{"u2", assign(add, ""), 200, sku},
	} {
		if status, body := send(s, "POST", "/v1.0/users/"+c.user+"/assignLicense", c.body); status != c.status ||
			!strings.Contains(body, c.text) {
			t.Errorf("%s %s answers %d %s, want %d %s", c.user, c.body, status, body, c.status, c.text)
		}
	}
}

// TestWritesSurviveAnything: what was answered is there after a process that
// never closed the file, also when the last line of its journal is torn.
func TestWritesSurviveAnything(t *testing.T) {
	s, path := start(t)
	if status, body := send(s, "POST", "/v1.0/users/u1/assignLicense", assign(add, "")); status != 200 {
		t.Fatal(body)
	}
	copied := filepath.Join(t.TempDir(), "killed.json") // as a kill leaves it
	for _, suffix := range []string{"", ".journal"} {
		text, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix != "" {
			text = append(text, `{"user":{"id":"u2","upn":"torn`...)
		}
		if err := os.WriteFile(copied+suffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := reopen(t, copied)
	_, body := send(again, "GET", "/v1.0/users/u1?$select=id,licenseAssignmentStates", "")
	if !strings.Contains(body, sku) {
		t.Errorf("the seat is lost: %s", body)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(copied + ".journal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal stays behind: %v", err)
	}
	if _, body = send(reopen(t, copied), "GET", "/v1.0/users/u1?$select=id,licenseAssignmentStates", ""); !strings.Contains(body, sku) {
		t.Errorf("the seat is lost when the journal is folded in: %s", body)
	}
}

func TestOneProcessAFile(t *testing.T) {
	s, path := start(t)
	if _, err := sandbox.Open(path, sandbox.Options{Now: time.Now}); !errors.Is(err, sandbox.ErrBusy) {
		t.Errorf("a second process is let in: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOverspendHappensAndIsRecorded: the service accepts more than was
// purchased, and so does this tenant, but it remembers.
func TestOverspendHappensAndIsRecorded(t *testing.T) {
	s, _ := start(t)
	for _, env := range []string{"e1", "E2"} {
		status, body := send(
			s,
			"PATCH",
			"/licensing/environments/"+env+"/allocations?api-version=2024-10-01",
			`{"currencyAllocations":[{"currencyType":"X","allocated":2}]}`,
		)
		if status != 200 {
			t.Fatal(body)
		}
	}
	text, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"item":"X","purchased":2,"used":4,"by":"PATCH /licensing/environments/E2/allocations"}`; strings.Count(
		string(text),
		want,
	) != 1 {
		t.Errorf("the overspend is not recorded once:\n%s", text)
	}
	if status, body := send(s, "PATCH", "/licensing/environments/e1/allocations?api-version=2024-10-01",
		`{"currencyAllocations":[{"currencyType":"Database","allocated":2}]}`); status != 400 ||
		!strings.Contains(body, `Error converting value`) {
		t.Errorf("storage is allocated: %d %s", status, body)
	}
	if status, body := send(s, "GET", "/environmentmanagement/environments", ""); status != 400 ||
		!strings.Contains(body, "Supported API versions are: 2024-10-01") {
		t.Errorf("a request without a version gives %d %s", status, body)
	}
}

// TestBatch: parts are answered one by one, at most twenty, each id once, and
// what depends on a failure is not done.
func TestBatch(t *testing.T) {
	s, _ := start(t)
	part := func(id, user string) string {
		return `{"id":"` + id + `","method":"POST","url":"/users/` + user +
			`/assignLicense","headers":{"Content-Type":"application/json"},"body":` + assign(
			add,
			"",
		) + `,"dependsOn":["9"]}`
	}
	status, body := send(s, "POST", "/v1.0/$batch", `{"requests":[{"id":"9","method":"GET","url":"/users/nobody"},`+part("1", "u1")+`]}`)
	if status != 200 || !strings.Contains(body, `"id":"9","status":404`) || !strings.Contains(body, `"id":"1","status":424`) {
		t.Errorf("%d %s", status, body)
	}
	many := strings.TrimSuffix(strings.Repeat(`{"id":"a","method":"GET","url":"/users"},`, 21), ",")
	if status, body := send(s, "POST", "/v1.0/$batch", `{"requests":[`+many+`]}`); status != 400 {
		t.Errorf("21 parts: %d %s", status, body)
	}
	twice := `{"id":"a","method":"GET","url":"/users"},{"id":"A","method":"GET","url":"/users"}`
	if status, body := send(s, "POST", "/v1.0/$batch", `{"requests":[`+twice+`]}`); status != 400 {
		t.Errorf("an id twice: %d %s", status, body)
	}
}

// TestUserFilter finds one user by name or id, and refuses other filters.
func TestUserFilter(t *testing.T) {
	s, _ := start(t)
	for filter, want := range map[string]string{
		"userPrincipalName eq 'ADA@x'":        `"id":"u1"`,
		"id eq 'u2'":                          `"id":"u2"`,
		"userPrincipalName eq 'nobody@x'":     `"value":[]`,
		"userPrincipalName eq 'o''brien@x'":   `"value":[]`,
		"startswith(userPrincipalName,'ada')": "Unsupported or invalid query filter clause",
	} {
		if _, body := send(s, "GET", "/v1.0/users?$filter="+url.QueryEscape(filter), ""); !strings.Contains(body, want) {
			t.Errorf("%s is answered %s, want %s", filter, body, want)
		}
	}
}
