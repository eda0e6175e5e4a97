package plan

import (
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestExpectSeesWhatWasReviewed: each thing that a reviewer has read and that is otherwise
// now refuses the plan. What was done meanwhile, and what harms nobody, does not.
func TestExpectSeesWhatWasReviewed(t *testing.T) {
	e5 := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "E5"}
	env := ledger.Holder{Kind: ledger.Environment, ID: "env", Name: "production"}
	process := ledger.Item{Kind: ledger.Capacity, ID: "process", Name: "process"}
	user := func(name string) ledger.Holder { return ledger.Holder{Kind: ledger.User, ID: name, Name: name} }
	one, five := int64(1), int64(5)
	made := func(change func(*Plan)) *Plan {
		p := &Plan{Tenant: "t", AllowGaps: 1, Guard: ledger.Guard{MaxLosses: &five, Protect: []ledger.Holder{user("ceo")}, MayStop: true},
			Environments: []ledger.EnvironmentRules{{Environment: env}},
			Pools: []ledger.Pool{{ID: ledger.PoolID{Item: "e5"}, Item: e5, Label: "e5", Quantity: &five},
				{ID: ledger.PoolID{Item: "f3"}, Item: ledger.Item{ID: "f3"}, Label: "f3", Quantity: &five}},
			Calls: []ledger.Call{
				{ID: 1, Holder: user("ada"), Location: "NL", Steps: []ledger.Step{
					{Op: ledger.Add, Holder: user("ada"), Item: e5, After: &ledger.Value{Units: 1}}}},
				{ID: 2, Holder: user("ben"), Steps: []ledger.Step{
					{Op: ledger.Remove, Holder: user("ben"), Item: e5, Before: &ledger.Value{Units: 1}, Kept: true}}},
				{ID: 3, Holder: env, Steps: []ledger.Step{
					{Op: ledger.Change, Holder: env, Item: process, Before: &ledger.Value{Units: 8}, After: &ledger.Value{Units: 9}}}},
			}}
		change(p)
		p.Digest = digest(p)
		return p
	}
	step := func(p *Plan, n int) *ledger.Step { return &p.Calls[n].Steps[0] }
	for name, c := range map[string]struct {
		change func(*Plan)
		says   string // "" where the plan may run
	}{
		"nothing":        {func(*Plan) {}, ""},
		"a part is done": {func(p *Plan) { p.Calls = p.Calls[1:] }, ""},
		"done, and recorded": {func(p *Plan) {
			p.Records, p.Calls = []ledger.Step{{Op: ledger.Adopt, Holder: user("ada"), Item: e5, After: &ledger.Value{Units: 1}}}, p.Calls[1:]
		}, ""},
		"asks again": {func(p *Plan) {
			again := ledger.Step{Op: ledger.Retry, Holder: user("cleo"), Item: e5}
			p.Calls = append(p.Calls, ledger.Call{ID: 4, Holder: user("cleo"), Steps: []ledger.Step{again}})
		}, ""},
		"another license":  {func(p *Plan) { p.Pools[1].Quantity = &one }, ""},
		"fewer gaps":       {func(p *Plan) { p.AllowGaps = 0 }, ""},
		"nothing may stop": {func(p *Plan) { p.Guard.MayStop = false }, ""},
		"one more":         {func(p *Plan) { step(p, 0).Holder, p.Calls[0].Holder = user("cleo"), user("cleo") }, "+ user/cleo:E5"},
		"service plans":    {func(p *Plan) { step(p, 0).After.Without = ledger.ServicePlanIDs{"teams"} }, "+ user/ada:E5"},
		"other units":      {func(p *Plan) { step(p, 2).After.Units = 10 }, "~ environment/production:process"},
		"a real loss":      {func(p *Plan) { step(p, 1).Kept = false }, "keeps it in the reviewed plan"},
		"a part is lost":   {func(p *Plan) { step(p, 1).Reduced = 1 }, "keeps it in the reviewed plan"},
		"a location":       {func(p *Plan) { p.Calls[0].Location = "US" }, "usage location US"},
		"a tenant":         {func(p *Plan) { p.Tenant = "other" }, "the tenant is other"},
		"a guard":          {func(p *Plan) { p.Guard.MaxLosses = &one }, "the guard"},
		"protection":       {func(p *Plan) { p.Guard.Protect = nil }, "the guard"},
		"more gaps":        {func(p *Plan) { p.AllowGaps = 2 }, "2 gaps"},
		"by usher":         {func(p *Plan) { p.ByUsher = true }, "usher writes the capacity"},
		"a quantity":       {func(p *Plan) { p.Pools[0].Quantity = &one }, "E5 has other limits"},
		"no quantity":      {func(p *Plan) { p.Pools = p.Pools[1:] }, "E5 has other limits"},
		"an environment":   {func(p *Plan) { p.Environments[0].HostedServes = true }, "the environment production has other rules"},
	} {
		reviewed, now := made(func(*Plan) {}), made(c.change)
		now.Expect(Expected{Digest: reviewed.Digest, Plan: reviewed})
		var said []string
		if u := now.Unreviewed; u != nil {
			for _, s := range u.Steps {
				said = append(said, s.Op.Sign()+" "+string(s.Address()))
			}
			said = append(said, u.Rules...)
		}
		if all := strings.Join(said, "; "); (c.says == "") != (all == "") || !strings.Contains(all, c.says) || now.Refused() != (c.says != "") {
			t.Errorf("%s: refused for %q, want %q", name, all, c.says)
		}
	}
}
