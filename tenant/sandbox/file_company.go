package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Company gives a generated tenant what grows in a real one over the years, always the same for
// the same seed: departments with job titles in offices, products by rule and by habit, one seat
// in twenty against the rule, people who left and kept their seats, two products where one has
// all of the other, guests, shared mailboxes, groups that give licenses, and people who have not
// been seen for months.
//
// Products that a tenant of this kind does not own are left out.
func Company(t *Tenant, seed uint64) {
	c := company{Tenant: t, chance: rand.New(rand.NewPCG(seed, 1)), skus: map[string]*SKU{}}
	for _, s := range t.SKUs {
		c.skus[s.PartNumber] = s
	}
	for i, u := range t.Users {
		u.Licenses = nil
		c.employ(u)
		switch {
		case i%50 == 7:
			c.guest(u, i)
		case i%60 == 11:
			c.mailbox(u, i)
		case c.one(25):
			u.Disabled = true // and nobody took the seats
		}
	}
	c.departments()
	c.seats()
	c.activity(rand.New(rand.NewPCG(seed, 2)))
	c.past(rand.New(rand.NewPCG(seed, 3)))
	c.policies()
	for _, s := range t.SKUs {
		if s.AppliesTo == "User" {
			s.Enabled = c.used(s) + c.used(s)/20 + 3
		}
	}
}

// company is a tenant in the making.
type company struct {
	*Tenant
	chance *rand.Rand
	skus   map[string]*SKU
}

// one is true in one case of so many.
func (c *company) one(of int) bool { return c.chance.IntN(of) == 0 }

// departments of the company, each with its job titles.
func jobs() [][]string {
	return [][]string{
		{"Sales", "Account Manager", "Sales Assistant", "Sales Director"},
		{"Finance", "Accountant", "Controller"},
		{"Human Resources", "Recruiter", "HR Adviser"},
		{"Information Technology", "Engineer", "Automation Engineer", "Service Desk"},
		{"Production", "Operator", "Shift Leader", "Planner"},
		{"Logistics", "Driver", "Warehouse Worker"},
		{"Legal", "Counsel"},
		{"Research", "Scientist", "Laboratory Assistant"},
	}
}

func offices() [][2]string {
	return [][2]string{{"Amsterdam", "NL"}, {"Rotterdam", "NL"}, {"Antwerp", "BE"}, {"Hamburg", "DE"}, {"Chicago", "US"}}
}

// employ gives a person a job in an office. Some people have no job title: nobody wrote it.
func (c *company) employ(u *User) {
	department, office := jobs()[c.chance.IntN(len(jobs()))], offices()[c.chance.IntN(len(offices()))]
	u.Department, u.City, u.Country, u.UsageLocation = department[0], office[0], office[1], office[1]
	u.Office, u.Company, u.Employee = office[0]+" office", "Contoso", "Employee"
	if !c.one(7) {
		u.JobTitle = department[1+c.chance.IntN(len(department)-1)]
	}
	if c.one(10) {
		u.Employee = "Contractor"
	}
	u.Extensions = map[string]string{"extensionAttribute1": fmt.Sprintf("P%06d", c.chance.IntN(1_000_000))}
}

func (c *company) guest(u *User, i int) {
	u.UPN = fmt.Sprintf("guest%d_fabrikam.com#EXT#@contoso.com", i)
	u.UserType, u.Department, u.JobTitle, u.Employee = "Guest", "Sales", "", ""
}

func (c *company) mailbox(u *User, i int) {
	u.UPN, u.DisplayName, u.Disabled = fmt.Sprintf("info%d@contoso.com", i), "Info", true
	u.Department, u.JobTitle, u.Employee = "", "", ""
}

// departments makes a group of each department, which the service fills by a rule, one of all
// staff, and one with another in it.
func (c *company) departments() {
	c.Groups = nil
	byName := map[string]*Group{}
	add := func(name string) *Group {
		g := &Group{ID: generatedID("group "+name, 0), Name: name}
		c.Groups, byName[name] = append(c.Groups, g), g
		return g
	}
	staff := add("All staff")
	for _, d := range jobs() {
		add("Department " + d[0]).Rule = fmt.Sprintf("(user.department -eq %q)", d[0])
	}
	for _, u := range c.Users {
		if u.UserType == "Guest" || u.JobTitle == "" && u.Department == "" {
			continue
		}
		staff.Members = append(staff.Members, u.ID)
		byName["Department "+u.Department].Members = append(byName["Department "+u.Department].Members, u.ID)
	}
	c.byGroup(byName["Department Finance"], "SPE_E5")
	makers := add("Automation makers") // somebody put a group into it, whose members got nothing
	makers.Groups = []string{byName["Department Information Technology"].ID}
	c.byGroup(makers, "POWERAPPS_PER_USER")
}

// byGroup lets a group give a product.
func (c *company) byGroup(g *Group, part string) {
	s := c.skus[part]
	if s == nil {
		return
	}
	g.Licenses = []GroupLicense{{SKU: s.ID}}
	for _, u := range c.Users {
		for _, id := range g.Members {
			if id == u.ID {
				u.Licenses = append(u.Licenses, License{SKU: s.ID, Group: g.ID})
			}
		}
	}
}

// seats gives products directly: by a rule that nobody wrote down, and against it now and then.
func (c *company) seats() {
	for _, u := range c.Users {
		office := u.Department != "" && u.UserType != "Guest" && u.Department != "Production" && u.Department != "Logistics"
		c.give(u, "SPE_E3", office && u.Department != "Finance", nil)
		c.give(u, "SPE_E5", u.Department == "Legal" || u.Department == "Research" && u.Country == "NL", []string{"TEAMS1"})
		c.give(u, "POWERAUTOMATE_ATTENDED_RPA", u.JobTitle == "Automation Engineer" || u.JobTitle == "Controller", nil)
		c.give(u, "FLOW_FREE", c.one(5), nil)
	}
}

// give gives a product by rule, but in one case of twenty it is the other way round. Contractors
// have it without some service plans.
func (c *company) give(u *User, part string, rule bool, without []string) {
	s := c.skus[part]
	if s == nil || rule == c.one(20) || u.UserType == "Guest" && !c.one(10) {
		return
	}
	l := License{SKU: s.ID}
	for _, p := range s.Plans {
		for _, name := range without {
			if u.Employee == "Contractor" && strings.EqualFold(p.Name, name) {
				l.Without = append(l.Without, p.ID)
			}
		}
	}
	u.Licenses = append(u.Licenses, l)
}

// used counts the seats of a product.
func (c *company) used(s *SKU) int64 {
	var n int64
	for _, u := range c.Users {
		if covered(u)[strings.ToLower(s.ID)] {
			n++
		}
	}
	return n
}
