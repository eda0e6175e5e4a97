package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// trait is a text that an account has, or null. An answer without it says nothing, which is not
// the same: somebody whose department is left out is not in no department.
type trait struct {
	told  bool
	value string
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom. It is also called for null, which leaves the
// value as it is.
func (t *trait) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	t.told = true
	return json.UnmarshalDecode(from, &t.value)
}

// extensions are the fifteen attributes that an organisation uses as it likes.
type extensions struct {
	told   bool
	values map[string]*string
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (e *extensions) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	e.told = true
	return json.UnmarshalDecode(from, &e.values)
}

// traits are what an account says of a person, as far as it was asked for.
type traits struct {
	City       trait      `json:"city"`
	Company    trait      `json:"companyName"`
	Country    trait      `json:"country"`
	Department trait      `json:"department"`
	Employee   trait      `json:"employeeType"`
	JobTitle   trait      `json:"jobTitle"`
	Office     trait      `json:"officeLocation"`
	UserType   trait      `json:"userType"`
	Extensions extensions `json:"onPremisesExtensionAttributes"`
}

const extensionPrefix = "extension_attribute_"

// value is an attribute of an account; false where the answer says nothing of it.
func (u *user) value(attribute string) (string, bool) {
	t := trait{told: true}
	switch attribute {
	case "city":
		t = u.City
	case "company_name":
		t = u.Company
	case "country":
		t = u.Country
	case "department":
		t = u.Department
	case "employee_type":
		t = u.Employee
	case "job_title":
		t = u.JobTitle
	case "office_location":
		t = u.Office
	case ledger.UserType:
		t = u.UserType
	case "usage_location":
		t = u.Location
	default:
		v, named := u.Extensions.values["extensionAttribute"+strings.TrimPrefix(attribute, extensionPrefix)]
		t.told = u.Extensions.told && (named || u.Extensions.values == nil) // null as a whole has none
		if v != nil {
			t.value = *v
		}
	}
	return wire.Tidy(t.value), t.told
}

// properties are what to select for attributes.
func properties(attributes []string) []string {
	var all []string
	for _, a := range ledger.Attributes() {
		switch {
		case !slices.Contains(attributes, a.Name) || a.Name == "usage_location": // which is always read
		case strings.HasPrefix(a.Name, extensionPrefix):
			all = append(all, "onPremisesExtensionAttributes")
		default:
			all = append(all, a.Property)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Traits are the values of some attributes of people.
type Traits struct {
	Attributes []string   // in the words of the language
	Rows       [][]string // of each person, in the order of the attributes; "" for none

	texts map[string]string // so that a department of thousands is one text
}

// Guests are the people who are of other organisations, as far as that was read.
func (t *Traits) Guests(people []ledger.Holder) []ledger.HolderID {
	at := slices.Index(t.Attributes, ledger.UserType)
	if at < 0 {
		return nil
	}
	var all []ledger.HolderID
	for i, row := range t.Rows {
		if strings.EqualFold(row[at], "Guest") {
			all = append(all, people[i].Identity())
		}
	}
	return all
}

// add notes the values of an account.
func (t *Traits) add(u *user) error {
	if len(t.Attributes) == 0 {
		return nil
	}
	row := make([]string, len(t.Attributes))
	for i, a := range t.Attributes {
		value, told := u.value(a)
		if !told {
			return fmt.Errorf("the answer does not say the %s of the account %q", ledger.AttributeWords(a), u.ID)
		}
		if known, seen := t.texts[value]; seen {
			value = known
		} else {
			t.texts[value] = value
		}
		row[i] = value
	}
	t.Rows = append(t.Rows, row)
	return nil
}
