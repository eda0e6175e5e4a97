package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// TestExportOnlyAdopts: whatever a tenant looks like, a plan of what is exported from it adopts
// everything that is there, or what is left out is told. The same tenant gives the same files,
// in whatever order it tells of people.
func TestExportOnlyAdopts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world := someTenant(t)
		have, made, fresh := exported(t, world)
		if len(made.Others) > 0 {
			t.Fatalf("the export has %+v", made.Others)
		}
		adopted := map[ledger.Key]bool{}
		for _, pl := range []*plan.Plan{made.Plan, fresh} {
			for s := range pl.EachStep() {
				if adopted[s.Key()] = s.Op == ledger.Adopt; s.Op != ledger.Adopt {
					t.Fatalf("the plan has %+v\n%s", s, textOf(made.Files))
				}
			}
			if pl.Refused() || len(pl.Errors()) > 0 || pl.Incomplete() || len(pl.Purchases) > 0 {
				t.Fatalf("the plan is refused for %+v, leaves %+v unread, and has to buy %+v\n%s", pl.Errors(), pl.Unread, pl.Purchases,
					textOf(made.Files))
			}
		}
		for _, g := range have.Grants {
			told := slices.ContainsFunc(made.Left, func(l export.Left) bool { return l.Address == g.Item.Name || l.Address == string(g.Address()) })
			if !adopted[g.Key()] && !told {
				t.Fatalf("%s is not adopted, and nobody is told\n%s", g.Address(), textOf(made.Files))
			}
		}
		if bytes.Contains(textOf(made.Files), []byte("\n=")) {
			t.Fatalf("a list has a formula\n%s", textOf(made.Files))
		}
		if rapid.IntRange(0, 2).Draw(t, "again") > 0 {
			return
		}
		slices.Reverse(world.Users)
		slices.Reverse(world.Groups)
		if _, again, _ := exported(t, world); !bytes.Equal(textOf(made.Files), textOf(again.Files)) {
			t.Fatalf("the files are\n%s\nand in another order\n%s", textOf(made.Files), textOf(again.Files))
		}
	})
}

func textOf(files export.Files) []byte {
	var b bytes.Buffer
	for _, f := range files.All {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Name, f.Text)
	}
	return b.Bytes()
}

// exported exports a tenant, and plans what was written as if it were the next day.
func exported(t *rapid.T, world *sandbox.Tenant) (ledger.Have, *engine.Exported, *plan.Plan) {
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "usher")
	fail(err)
	defer func() { _ = os.RemoveAll(dir) }()
	var text bytes.Buffer
	fail(world.Encode(&text))
	fail(os.WriteFile(filepath.Join(dir, "t.tenant.json"), text.Bytes(), 0o600))
	fail(os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("tenant \"sandbox\" {\n  file = \"t.tenant.json\"\n}\n"), 0o600))
	p := presentIn(t, dir, engine.Scope{Everything: true, Whole: true})
	made, err := p.Export(engine.ExportNames{})
	fail(err)
	fail(engine.WriteExport(context.Background(), made.All, dir))
	p.Close(&err)
	fail(err)
	next := presentIn(t, dir, engine.Scope{})
	defer next.Close(&err)
	return p.Reading.Have, made, next.Plan(engine.Choices{})
}

// presentIn reads the state and the tenant of a configuration.
func presentIn(t *rapid.T, dir string, scope engine.Scope) *engine.Present {
	w := &engine.World{Version: "0.1.0", Dir: dir, Env: func(string) string { return "" }, Now: time.Now}
	l, diags, err := engine.Load(w, engine.Inputs{}, engine.Whole())
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags)
	}
	opened, err := l.Open(engine.Access{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := opened.Read(context.Background(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// someTenant draws a tenant with what real ones have: names that mean several, or look like
// something else, accounts that are switched off, variants, groups that fail, and hostile names.
func someTenant(t *rapid.T) *sandbox.Tenant {
	id := func(kind, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n+1) }
	some := func(from []string, label string) string { return rapid.SampledFrom(from).Draw(t, label) }
	chance := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	names := []string{"Makers", "makers", "All \"staff\"", "${var.x}", "%{if}", "a  b", "Büro", "##vso[x]", "x::y", "a/b", "=1+1", id(9, 9),
		"Default-" + id(9, 8), strings.Repeat("long ", 30)}
	plans := []sandbox.Plan{
		{ID: id(7, 0), Name: "ONE"}, {ID: id(7, 1), Name: "TWO"}, {ID: id(7, 2), Name: "one"}, {ID: id(7, 3), Name: "ALL", AppliesTo: "Company"},
	}
	capacity := map[string]int64{"PowerAutomatePerProcess": 50, "NewThing": 9}
	world := &sandbox.Tenant{Format: 1, ID: id(1, 0), Name: "Contoso", Capacity: capacity}
	parts := []string{"SPE_E3", "POWERAUTOMATE_ATTENDED_RPA", "FLOW_FREE", "FLOW_PER_USER_DEPT", "NEW_PRODUCT", "NEW_PRODUCT"}
	for i, part := range parts {
		s := &sandbox.SKU{ID: id(2, i), PartNumber: part, AppliesTo: "User", Enabled: int64(rapid.IntRange(0, 40).Draw(t, "owned")),
			Plans: slices.Clone(plans)}
		if part == "SPE_E3" {
			s.ID = "05e9a617-0261-4cee-bb44-138d3ef5d965"
		}
		world.SKUs = append(world.SKUs, s)
	}
	without := func() []string {
		var off []string
		for _, p := range plans {
			if chance("off") {
				off = append(off, p.ID)
			}
		}
		return off
	}
	planted := without()
	for i := range rapid.SampledFrom([]int{0, 1, 7, 20, 40}).Draw(t, "people") {
		u := &sandbox.User{ID: id(3, i), UPN: fmt.Sprintf("user%d@contoso.com", i), UsageLocation: some([]string{"NL", ""}, "country"),
			Disabled: chance("asleep")}
		if chance("odd name") {
			u.UPN = fmt.Sprintf(some([]string{"o'neill%d@contoso.com", "jürgen%d@contoso.com", "a;b%d@contoso.com", "USER%d@CONTOSO.COM",
				"ada_gmail.com#EXT#%d@contoso.com", "=1+%d@contoso.com"}, "upn"), i+100)
		}
		u.Department = some([]string{"Sales", "sales", "Sales", "Finance", "R&D \"x\"", ""}, "department")
		u.Country, u.UserType = some([]string{"NL", "BE"}, "in"), some([]string{"", "", "", "Guest"}, "type")
		u.JobTitle = fmt.Sprint("number ", i)
		for n, s := range world.SKUs {
			if n == 0 && strings.EqualFold(u.Department, "Sales") { // a rule, with exceptions
				switch rapid.IntRange(0, 9).Draw(t, "noise") {
				case 0:
				case 1:
					u.Licenses = append(u.Licenses, sandbox.License{SKU: s.ID, Without: without()})
				default:
					u.Licenses = append(u.Licenses, sandbox.License{SKU: s.ID, Without: planted})
				}
				continue
			}
			if chance("seat") {
				u.Licenses = append(u.Licenses, sandbox.License{SKU: s.ID, Without: without()})
			}
		}
		world.Users = append(world.Users, u)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "groups") {
		g := &sandbox.Group{ID: id(4, i), Name: some(names[:5], "group")}
		for _, s := range world.SKUs[:3] {
			if chance("gives") {
				g.Licenses = append(g.Licenses, sandbox.GroupLicense{SKU: s.ID, Without: without()})
			}
		}
		for _, u := range world.Users {
			if chance("member") {
				g.Members = append(g.Members, u.ID)
				for _, l := range g.Licenses {
					u.Licenses = append(u.Licenses, sandbox.License{SKU: l.SKU, Group: g.ID, Without: l.Without})
				}
			}
		}
		world.Groups = append(world.Groups, g)
	}
	someEnvironments(t, world, names, id)
	for i := range rapid.IntRange(0, 3).Draw(t, "products") {
		world.SelfService = append(world.SelfService, sandbox.SelfService{ID: fmt.Sprintf("CFQ7TTC0%d", i), Name: some(names, "product"),
			Policy: some([]string{"Enabled", "Disabled"}, "policy")})
	}
	return world
}

// someEnvironments draws environments with flows and machines.
func someEnvironments(t *rapid.T, world *sandbox.Tenant, names []string, id func(kind, n int) string) {
	for i := range rapid.IntRange(0, 3).Draw(t, "environments") {
		e := &sandbox.Environment{ID: id(5, i), Name: rapid.SampledFrom(names).Draw(t, "environment"),
			Allocations: map[string]int64{"PowerAutomatePerProcess": int64(rapid.IntRange(0, 9).Draw(t, "process")), "NewThing": int64(i)}}
		for n := range rapid.IntRange(0, 3).Draw(t, "flows") {
			f := sandbox.Flow{ID: id(6, 10*i+n), Name: rapid.SampledFrom(names).Draw(t, "flow"), State: 1}
			e.Flows = append(e.Flows, f)
			if int64(n) < e.Allocations["PowerAutomatePerProcess"] {
				units := int64(rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "units"))
				e.Assignments = append(e.Assignments, sandbox.CapacityUnit{ID: id(8, 10*i+n), Name: "u", Type: 1, Count: units,
					Regarding: f.ID, Target: "workflow", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Version: 1})
			}
		}
		world.Environments = append(world.Environments, e)
	}
}

// TestExportStaysInFolder: files that somebody else made are written below their folder, or not at all.
func TestExportStaysInFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"../main.hcl", "/main.hcl", "people/../../main.hcl"} {
		files := []export.File{{Name: "licenses.hcl"}, {Name: name}}
		if err := engine.WriteExport(context.Background(), files, filepath.Join(dir, "alfa")); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
