package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-cli/usher/state"
)

// stateParses reads the state as the kill left it.
func (w *killWorld) stateParses() {
	text, err := os.ReadFile(filepath.Join(w.dir, "usher.state.json"))
	if err == nil {
		_, err = state.Decode(text)
	}
	if err != nil {
		w.t.Fatalf("after a kill the state cannot be read: %v", err)
	}
}

// human gives somebody a seat of Premium, as an admin would.
func (w *killWorld) human(n int) {
	who := upn(n % killUsers)
	w.humans[who] = true
	body := `{"addLicenses":[{"skuId":"eda1941c-3c4f-4995-b5eb-e85a42175ab9","disabledPlans":[]}],"removeLicenses":[]}`
	resp, err := http.Post(w.direct+"/v1.0/users/"+who+"/assignLicense", "application/json", strings.NewReader(body))
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("the human was refused: %v %v", err, resp)
	}
	_ = resp.Body.Close()
}

type killUser struct {
	ID     string `json:"id"`
	UPN    string `json:"userPrincipalName"`
	States []struct {
		SKU string `json:"skuId"`
	} `json:"licenseAssignmentStates"`
}

func (w *killWorld) people() []killUser {
	resp, err := http.Get(w.direct + "/v1.0/users?$top=999&$select=id,userPrincipalName,licenseAssignmentStates")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var page struct {
		Value []killUser `json:"value"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil && !errors.Is(err, io.EOF) {
		w.t.Fatal(err)
	}
	return page.Value
}

// check compares the tenant with what is wanted and with what it was given by
// others: the seats that were there from the start, and the human's.
func (w *killWorld) check(n int) {
	if left := w.torn(); len(left) > 0 {
		w.t.Fatalf("what a killed write left is still there: %v", left)
	}
	start := (n + 1) * 70 % killUsers
	wanted := map[string]bool{}
	for i := range killSeats {
		wanted[upn((start+i)%killUsers)] = true
	}
	for i, u := range w.people() {
		held := map[string]bool{}
		for _, s := range u.States {
			held[s.SKU] = true
		}
		if got := held["06ebc4ee-1bb5-47dd-8120-11324bc54e06"]; got != wanted[u.UPN] {
			w.t.Errorf("run %d: %s has E5: %t, wanted: %t", n, u.UPN, got, wanted[u.UPN])
		}
		given := w.humans[u.UPN] || i%3 == 0 // generated with a seat
		if got := held["eda1941c-3c4f-4995-b5eb-e85a42175ab9"]; got != given {
			w.t.Errorf("run %d: %s has Premium: %t, given: %t", n, u.UPN, got, given)
		}
	}
	journal, _ := os.ReadFile(filepath.Join(w.dir, "tenant.json.journal"))
	if bytes.Contains(journal, []byte("overspend")) {
		w.t.Errorf(
			"run %d overspent:\n%s",
			n,
			slices.MaxFunc(bytes.Split(journal, []byte("\n")), func(a, b []byte) int { return len(a) - len(b) }),
		)
	}
}
