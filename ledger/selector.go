package ledger

import (
	"slices"
	"strings"
)

// Attribute is what the directory knows of a person, as the language and Microsoft Graph call it.
type Attribute struct {
	Name     string // in the language
	Property string // of a user in Microsoft Graph
}

// Attributes are those that a selector can ask for. Source: Microsoft Graph, user resource type.
func Attributes() []Attribute {
	all := []Attribute{
		{"city", "city"},
		{"company_name", "companyName"},
		{"country", "country"},
		{"department", "department"},
		{"employee_type", "employeeType"},
		{"job_title", "jobTitle"},
		{"office_location", "officeLocation"},
		{"usage_location", "usageLocation"},
		{"user_type", "userType"},
	}
	for _, n := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15") {
		all = append(all, Attribute{"extension_attribute_" + n, "extensionAttribute" + n})
	}
	return all
}

// UserType tells members of the organisation from guests.
const UserType = "user_type"

// Condition asks for an attribute to have one of some values. Case does not count.
type Condition struct {
	Attribute string
	Values    []string // sorted, each once
}

// Selector is everybody who meets all of some conditions.
type Selector struct {
	Conditions []Condition // sorted by attribute
	Origin     Origin
}

// String is the selector in one spelling: two that say the same are equal texts.
func (s Selector) String() string {
	var parts []string
	for _, c := range s.Conditions {
		parts = append(parts, c.Attribute+" = "+strings.ToLower(strings.Join(c.Values, " or ")))
	}
	return strings.Join(parts, ", ")
}

// Asks reports whether the selector has a condition on an attribute.
func (s Selector) Asks(attribute string) bool {
	return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return c.Attribute == attribute })
}

// Selection is a want for everybody whom a selector finds. Its holder is empty.
type Selection struct {
	Want
	Selectors []Selector // one is enough
	Except    []Excepted
}

// Excepted is somebody whom a selection leaves out, as a file calls them.
type Excepted struct {
	Name   string
	Origin Origin
}

// AttributesOf lists the attributes that selections ask for, sorted, each once. Whether somebody
// is a guest always counts.
func AttributesOf(all []Selection) []string {
	if len(all) == 0 {
		return nil
	}
	names := []string{UserType}
	for i := range all {
		for _, s := range all[i].Selectors {
			for _, c := range s.Conditions {
				names = append(names, c.Attribute)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Match is why a selection covers somebody.
type Match struct {
	Block    string   `json:"block"`            // the assignment
	Selector string   `json:"selector"`         // in one spelling
	Values   []string `json:"values,omitempty"` // of its attributes: department=Sales, sorted
}

// AttributeWords is an attribute as people say it.
func AttributeWords(name string) string { return strings.ReplaceAll(name, "_", " ") }

// String tells the attributes that found somebody: "country is NL, department is Sales".
func (m Match) String() string {
	parts := make([]string, len(m.Values))
	for i, v := range m.Values {
		attribute, value, _ := strings.Cut(v, "=")
		parts[i] = AttributeWords(attribute) + " is " + value
	}
	return strings.Join(parts, ", ")
}

// Key is the selector of a match, with its block.
func (m Match) Key() string { return m.Block + ": " + m.Selector }

// By reports whether two matches are by the same selector.
func (m Match) By(o Match) bool { return m.Block == o.Block && m.Selector == o.Selector }

// Value is the value of an attribute in a match; false where the match has none.
func (m Match) Value(attribute string) (string, bool) {
	for _, v := range m.Values {
		if value, is := strings.CutPrefix(v, attribute+"="); is {
			return value, true
		}
	}
	return "", false
}
