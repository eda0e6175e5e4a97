package sandbox

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestEncodeWritesEverything: a member of a tenant that the file does not keep is lost at the end
// of the first request.
func TestEncodeWritesEverything(t *testing.T) {
	now := time.Now()
	whole := Tenant{
		Format: 1, ID: "t", Name: "T", SKUs: []*SKU{{}}, Capacity: map[string]int64{"AI": 1}, Environments: []*Environment{{}},
		Users: []*User{{}}, Deleted: []DeletedUser{{}}, Groups: []*Group{{}}, SelfService: []SelfService{{}}, Policies: []DataPolicy{{}},
		Applications: []*Application{{}},
		Limits:       &Limits{}, Delays: &Delays{}, Audit: &Audit{}, Activity: &Activity{},
		Clock: &now, Unknown: []string{"x"}, Capitals: true, Faults: []*Fault{{}},
		Overspends: []Overspend{{}},
	}
	var b bytes.Buffer
	if err := whole.Encode(&b); err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b.Bytes(), &members); err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(whole)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if _, there := members[name]; !there || v.Field(i).IsZero() {
			t.Errorf("%s is not written, or not in this test", name)
		}
	}
}
