package plan_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestTables reads testdata/*.txtar. A file is one case: what is wanted, known
// and there, the pools, and the plan that follows. Lines are
//
//	user/ada E5 [without=p1,p2]        environment/prod process 8
//	E5 owned=2 [used=1] [quantity=3] [reserve=1] [grace=1] [use_grace] [unmanaged=remove] [refresh=force] [plans=p1,p2]
//
//	group/makers E5                    machine/prod/rpa process 2
//
// and in facts: gone, asleep, nowhere, claimed, unread, blind or protect, followed by
// a holder and, where it takes one, an item; inherited USER ITEM [GROUP
// [CAUSE]] [without=p1] and member GROUP USER; inside, serves, adopts or removes ENVIRONMENT;
// system or auto HOLDER ITEM, principal, draft or suspended FLOW, owner FLOW USER; recent
// HOLDER ITEM + or -, for a write a minute ago; dated HOLDER ITEM FROM UNTIL, where - is no day
// and today is 2026-03-15; max_losses=N, gaps=N or due.
func TestTables(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no tables", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sections := map[string]string{}
			for _, f := range archive.Files {
				sections[f.Name] = string(f.Data)
			}
			got := shown(plan.New(tableInput(t, sections)))
			if *update {
				for i := range archive.Files {
					if archive.Files[i].Name == "plan" {
						archive.Files[i].Data = []byte(got)
					}
				}
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(sections["plan"], got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func tableInput(t *testing.T, s map[string]string) plan.Input {
	t.Helper()
	in := plan.Input{
		At:           time.Unix(0, 0).UTC(),
		Today:        "2026-03-15",
		FlowCapacity: true,
		Guard:        worlds.NoGuard(),
		Have:         ledger.Have{Tenant: "tenant"},
	}
	in.Want, in.Known, in.Have.Grants = grants(t, s["want"]), grants(t, s["known"]), grants(t, s["have"])
	for i := range in.Want {
		in.Want[i].Origins = []ledger.Origin{{File: "main.hcl", Line: i + 1, Block: "assignment.a"}}
	}
	for _, line := range lines(s["pools"]) {
		tablePool(t, &in, line)
	}
	for _, line := range lines(s["facts"]) {
		tableFact(t, &in, line)
	}
	return in
}

func lines(text string) [][]string {
	var all [][]string
	for _, line := range strings.Split(text, "\n") {
		if f := strings.Fields(line); len(f) > 0 {
			all = append(all, f)
		}
	}
	return all
}

func holder(t *testing.T, s string) ledger.Holder {
	t.Helper()
	kind, name, err := ledger.SplitHolder(s)
	if err != nil {
		t.Fatal(err)
	}
	if around, own, ok := strings.Cut(name, "/"); ok {
		return ledger.Within(ledger.Holder{Kind: ledger.Environment, ID: "id-" + around, Name: around}, kind, "id-"+own, own)
	}
	return ledger.Holder{Kind: kind, ID: "id-" + name, Name: name}
}

func item(h ledger.Holder, name string) ledger.Item {
	id := name
	if types := map[string]string{"process": catalog.Process, "hosted_process": catalog.Hosted,
		"unattended_rpa": catalog.Unattended, "per_flow": catalog.PerFlow}; types[name] != "" {
		id = types[name]
	}
	return ledger.Item{Kind: h.Kind.Holds(), ID: id, Name: name}
}

func grants(t *testing.T, text string) []ledger.Grant {
	t.Helper()
	var all []ledger.Grant
	for _, f := range lines(text) {
		h := holder(t, f[0])
		g := ledger.Grant{Holder: h, Item: item(h, f[1]), Value: ledger.Value{Units: 1}}
		for _, extra := range f[2:] {
			if plans, ok := strings.CutPrefix(extra, "without="); ok {
				g.Without = ledger.ServicePlanIDs{}
				if plans != "" {
					g.Without = strings.Split(plans, ",")
				}
				continue
			}
			g.Units = number(t, extra)
		}
		all = append(all, g)
	}
	return all
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tablePool(t *testing.T, in *plan.Input, f []string) {
	t.Helper()
	kind := ledger.Environment
	if strings.ToUpper(f[0]) == f[0] {
		kind = ledger.User
	}
	it := item(ledger.Holder{Kind: kind}, f[0])

	s := ledger.Supply{Item: it, Assignable: kind == ledger.User}
	p := ledger.ItemRules{Label: f[0], Item: it, Origin: ledger.Origin{File: "main.hcl", Line: 100, Block: "license." + f[0]}}
	for _, setting := range f[1:] {
		name, value, _ := strings.Cut(setting, "=")
		switch name {
		case "owned":
			s.Owned = number(t, value)
		case "used":
			s.Used = number(t, value)
		case "grace":
			s.Grace = number(t, value)
		case "plans":
			for _, plan := range strings.Split(value, ",") {
				s.Plans = append(s.Plans, ledger.ServicePlan{ID: plan, Name: plan})
			}
		case "self_service":
			s.SelfService = true
		case "quantity":
			n := number(t, value)
			p.Quantity = &n
		case "reserve":
			p.Reserve = number(t, value)
		case "refresh":
			p.Refresh = ledger.RefreshMode(value)
		case "use_grace":
			p.UseGrace = true
		case "unmanaged":
			p.Unmanaged = ledger.UnmanagedMode(value)
		default:
			t.Fatalf("what is %q?", setting)
		}
	}
	in.Have.Supply = append(in.Have.Supply, s)
	in.Items = append(in.Items, p)
}

func tableFact(t *testing.T, in *plan.Input, f []string) {
	t.Helper()
	if n, ok := strings.CutPrefix(f[0], "max_losses="); ok {
		most := number(t, n)
		in.Guard.MaxLosses = &most
		return
	}
	if n, ok := strings.CutPrefix(f[0], "gaps="); ok {
		in.AllowGaps = number(t, n)
		return
	}
	switch f[0] {
	case "due":
		in.Only = plan.OnlyDue
		return
	case "by_hand":
		in.FlowCapacity = false
		return
	}
	h := holder(t, f[1])
	switch f[0] {
	case "gone":
		in.Gone = append(in.Gone, h.Identity())
	case "nowhere":
		in.Have.Nowhere = append(in.Have.Nowhere, h.Identity())
	case "protect":
		in.Guard.Protect = append(in.Guard.Protect, h)
	case "unread":
		in.Have.Unread = append(in.Have.Unread, ledger.Unread{Holder: h, Reason: "forbidden"})
	case "asleep":
		in.HeldBack = append(in.HeldBack, ledger.Key{Kind: h.Kind, Holder: h.ID, Item: f[2]})
	case "inherited":
		i := ledger.Inherited{User: h, Item: f[2], Group: "g"}
		if at := slices.IndexFunc(f, func(s string) bool { return strings.HasPrefix(s, "without=") }); at > 0 {
			i.Without = strings.Split(strings.TrimPrefix(f[at], "without="), ",")
			f = slices.Delete(f, at, at+1)
		}
		if len(f) > 3 {
			i.Group = holder(t, f[3]).ID
		}
		if len(f) > 4 {
			i.Error = f[4]
		}
		in.Have.Inherited = append(in.Have.Inherited, i)
	case "member":
		user := holder(t, f[2]).ID
		if n := len(in.Have.Members); n == 0 || in.Have.Members[n-1].Group != h.ID {
			in.Have.Members = append(in.Have.Members, ledger.Members{Group: h.ID})
		}
		last := &in.Have.Members[len(in.Have.Members)-1]
		last.Users = append(last.Users, user)
	case "blind":
		in.Have.Unread = append(in.Have.Unread, ledger.Unread{Holder: h, Inside: true, Reason: "forbidden"})
	case "inside", "serves", "adopts", "removes":
		in.Have.Inside = append(in.Have.Inside, h.Identity())
		modes := map[string]ledger.AutoMode{"adopts": ledger.AutoAdopt, "removes": ledger.AutoRemove}
		in.Environments = append(in.Environments, ledger.EnvironmentRules{Environment: h, HostedServes: f[0] == "serves", Auto: modes[f[0]]})
	case "system", "auto", "since":
		r := ledger.Row{Key: ledger.Key{Kind: h.Kind, Holder: h.ID, Item: item(h, f[2]).ID}, System: f[0] == "system", Auto: f[0] == "auto"}
		if f[0] == "since" {
			r.Created = time.Unix(number(t, f[3]), 0)
		}
		in.Have.Rows = append(in.Have.Rows, r)
	case "owner":
		in.Have.Flows = append(in.Have.Flows, ledger.FlowFact{Flow: h, Published: true, Owner: holder(t, f[2]).ID})
	case "principal", "draft", "suspended":
		in.Have.Flows = append(
			in.Have.Flows,
			ledger.FlowFact{Flow: h, Published: f[0] == "principal", Suspended: f[0] == "suspended", Principal: f[0] == "principal"},
		)
	case "dated":
		d := ledger.Dated{
			Grant: ledger.Grant{
				Holder:  h,
				Item:    item(h, f[2]),
				Value:   ledger.Value{Units: 1},
				Origins: []ledger.Origin{{File: "main.hcl", Line: 50, Block: "assignment.d"}},
			},
		}
		d.From, d.Until = strings.Trim(f[3], "-"), strings.Trim(f[4], "-")
		in.Dated = append(in.Dated, d)
	case "recent": // written a minute ago, where readings may be five minutes old
		in.Have.SeatLag, in.Have.UnitLag = 5*time.Minute, 5*time.Minute
		r := ledger.Recent{Grant: ledger.Grant{Holder: h, Item: item(h, f[2])}, At: in.At.Add(-time.Minute)}
		if f[3] == "+" {
			r.Grant.Units = 1
		} else {
			r.Before = &ledger.Value{Units: 1}
		}
		in.Recent = append(in.Recent, r)
	case "claimed":
		in.Claims = append(in.Claims, ledger.Grant{Holder: h, Item: item(h, f[2]), Value: ledger.Value{Units: 1}})
	default:
		t.Fatalf("what is %q?", f[0])
	}
}
