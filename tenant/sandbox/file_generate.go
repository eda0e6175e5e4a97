package sandbox

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// generatedID makes an id that looks like any other and is always the same
// for the same words.
func generatedID(kind string, n int) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80 // version and variant, as in any random id
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// Generate makes a tenant of n users, always the same for the same n and
// products: every third user has a seat of the first product that people can
// hold, and every product has a tenth more seats than there are users.
func Generate(n int, skus []*SKU, capacity map[string]int64) *Tenant {
	t := &Tenant{Format: 1, ID: generatedID("tenant", 0), Name: "Contoso", SKUs: skus, Capacity: capacity}
	var first *SKU
	for _, s := range skus {
		if s.AppliesTo == "User" {
			s.Enabled = int64(n + n/10 + 1)
			if first == nil {
				first = s
			}
		}
	}
	countries := []string{"NL", "DE", "US", "GB"}
	for i := range n {
		given, family := names()[i%len(names())], names()[(i/len(names()))%len(names())]
		u := &User{ID: generatedID("user", i), UPN: fmt.Sprintf("user%06d@contoso.com", i+1),
			DisplayName: given + " " + family, UsageLocation: countries[i%len(countries)]}
		if i%3 == 0 && first != nil {
			u.Licenses = []License{{SKU: first.ID}}
		}
		t.Users = append(t.Users, u)
	}
	for i, name := range []string{"production", "acceptance", "test", "development"} {
		t.Environments = append(t.Environments, &Environment{ID: generatedID("environment", i), Name: name,
			Type: map[bool]string{true: "Production", false: "Sandbox"}[i == 0]})
	}
	slices.SortFunc(t.SKUs, func(a, b *SKU) int { return strings.Compare(a.PartNumber, b.PartNumber) })
	return t
}

// Furnish gives a generated tenant what a real one has besides people: groups, flows and
// machines in the environments, and people who have a product without one of its service plans.
func Furnish(t *Tenant) {
	teams := []string{"Sales", "Finance", "Makers", "Support"}
	for i, name := range teams {
		g := &Group{ID: generatedID("group", i), Name: name}
		for n := i; n < len(t.Users); n += len(teams) + 1 {
			g.Members = append(g.Members, t.Users[n].ID)
		}
		t.Groups = append(t.Groups, g)
	}
	for i, u := range t.Users {
		for n := range u.Licenses {
			if plans := t.planIDs(u.Licenses[n].SKU); i%9 == 0 && len(plans) > 0 {
				u.Licenses[n].Without = plans[:1]
			}
		}
	}
	for i, e := range t.Environments {
		for n, name := range []string{"Invoice intake", "Onboarding", "Nightly report"} {
			f := Flow{ID: generatedID("flow "+e.Name, n), Name: name, State: 1}
			if len(t.Users) > 0 {
				f.Owner = t.Users[(i+n)%len(t.Users)].ID
			}
			e.Flows = append(e.Flows, f)
		}
		for n := range 2 {
			e.Machines = append(e.Machines, Machine{ID: generatedID("machine "+e.Name, n), Name: fmt.Sprintf("rpa-%02d", n+1)})
		}
	}
}

// planIDs are the service plans of a product that one person can be without.
func (t *Tenant) planIDs(sku string) []string {
	var ids []string
	for _, s := range t.SKUs {
		for _, p := range s.Plans {
			if s.ID == sku && p.AppliesTo != "Company" {
				ids = append(ids, p.ID)
			}
		}
	}
	return ids
}

func names() []string {
	return []string{"Ada", "Grace", "Linus", "Edsger", "Barbara", "Donald", "Radia", "Ken", "Frances", "Dennis",
		"Hedy", "Alan", "Katherine", "Niklaus", "Margaret", "Tony", "Adele", "John", "Shafi", "Leslie"}
}
