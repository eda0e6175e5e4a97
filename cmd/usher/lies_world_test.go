package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// Who and what the lies are about.
const (
	liesOld    = "55555555-0000-4000-8000-000000000055"
	liesBuild  = "6b1c2a10-0000-4000-8000-00000000000b"
	liesLinus  = "26492b3f-a93f-43ff-912f-1cc8a066aea3"
	liesDonald = "11eab73e-432a-4d09-92ca-4fc2f8c996fa"
	liesApps   = "b30411f5-fea1-4a59-9ad9-3db7c7ead579"
	liesRadia  = "129fca16-6b1f-4a5d-84f2-a21612909fac"
)

// liesTenant is a small tenant that has something for every service.
func liesTenant(t *testing.T) *sandbox.Tenant {
	t.Helper()
	world := decodeTenant(t, "small")
	robots := decodeTenant(t, "rpa")
	world.Environments, world.Capacity = robots.Environments, robots.Capacity
	world.Capacity["MCSMessages"] = 50000
	world.Environments[0].Allocations = map[string]int64{"MCSMessages": 1000}
	world.Environments[0].Rules = map[string][]sandbox.Rule{"MCSMessages": {{Type: "TenantPool", Enabled: true}}}
	world.Environments = append(world.Environments,
		&sandbox.Environment{ID: liesOld, Name: "old", Type: "Sandbox", NoDataverse: true, Allocations: map[string]int64{"MCSMessages": 10}})
	world.Environments[0].Flows[1].Owner = liesLinus
	world.Users = append(world.Users,
		&sandbox.User{ID: "44444444-0000-4000-8000-000000000044", UPN: "niklaus@contoso.com", DisplayName: "Niklaus"})
	world.SKUs = append(world.SKUs,
		&sandbox.SKU{ID: liesApps, PartNumber: "POWERAPPS_PER_USER", AppliesTo: "User", Enabled: 2, Plans: []sandbox.Plan{}})
	world.Groups[1].Members = []string{liesDonald}
	world.SelfService = []sandbox.SelfService{{ID: "CFQ7TTC0LSGZ", Name: "Power Automate Premium", Policy: "Enabled"}}
	return world
}

func decodeTenant(t *testing.T, name string) *sandbox.Tenant {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/tenants", name+".tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	return worldOf(t, text)
}

func worldOf(t *testing.T, text []byte) *sandbox.Tenant {
	t.Helper()
	world, err := sandbox.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func encodeTenant(t *testing.T, world *sandbox.Tenant) []byte {
	t.Helper()
	var text bytes.Buffer
	if err := world.Encode(&text); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// meanwhile is what others do between the first run and the one that is lied
// to: somebody leaves, a flow, a product and an environment go, and a group
// fails a member.
func meanwhile(world *sandbox.Tenant) {
	world.Users = slices.DeleteFunc(world.Users, func(u *sandbox.User) bool { return u.ID == liesRadia })
	world.SKUs = slices.DeleteFunc(world.SKUs, func(s *sandbox.SKU) bool { return s.ID == liesApps })
	world.Environments = world.Environments[:2]
	test := world.Environments[1]
	test.Flows = slices.DeleteFunc(test.Flows, func(f sandbox.Flow) bool { return f.Name == "flow-3" })
	test.Assignments = slices.DeleteFunc(test.Assignments, func(c sandbox.CapacityUnit) bool { return c.Name == "flow-3" })
	for _, u := range world.Users {
		for i := range u.Licenses {
			if u.ID == liesDonald && u.Licenses[i].Group == liesBuild {
				u.Licenses[i].Error = "CountViolation"
			}
		}
	}
}

// liesConfig is a configuration: what is in both of them, and the rest.
func liesConfig(endpoint, rest string) string { return fmt.Sprintf(liesCommon, endpoint) + rest }

const liesCommon = `usher {
  experimental = ["flow_capacity"]
}

tenant "sandbox" {
  endpoint = %q
}

guard {
  max_losses = 100000
}

license "e3" {
  sku = "SPE_E3"
}

license "e5" {
  sku = "SPE_E5"
}

license "free" {
  sku = "FLOW_FREE"
}

license "premium" {
  sku           = "POWERAUTOMATE_ATTENDED_RPA"
  refresh_flows = "force"
}
`

const liesFirst = `
license "apps" {
  sku = "POWERAPPS_PER_USER"
}

assignment "office" {
  users = ["ada@contoso.com", "grace@contoso.com"]

  grant "e3" {}
}

assignment "makers" {
  users = ["edsger@contoso.com"]

  grant "premium" {}
}

assignment "left" {
  users = ["radia@contoso.com"]

  grant "apps" {}
}

assignment "group" {
  groups = ["builders"]

  grant "free" {}
}

environment "production" {
  capacity {
    process         = 0
    copilot_credits = 1000
  }
}

environment "old" {
  capacity {
    copilot_credits = 10
  }
}

environment "test" {
  capacity {
    process = 8
  }

  flow "flow-1" {
    plan = "process"
  }

  flow "flow-2" {
    plan = "process"
  }

  flow "flow-3" {
    plan = "process"
  }

  machine "rpa-1" {
    unattended_runs = 1
  }
}

self_service_purchase "Power Automate Premium" {
  policy = "Disabled"
}
`

const liesNext = `
assignment "office" {
  users = ["ada@contoso.com"]

  grant "e3" {}
}

assignment "more" {
  users = ["grace@contoso.com"]

  grant "e5" {}
}

assignment "makers" {
  users          = ["linus@contoso.com", "niklaus@contoso.com"]
  usage_location = "NL"

  grant "premium" {}
}

assignment "group" {
  groups = ["builders", "makers"]

  grant "free" {}
}

environment "production" {
  capacity {
    process         = 2
    hosted_process  = 1
    copilot_credits = 5000
  }

  flow "flow-1" {
    plan = "process"
  }

  machine_group "hosted" {
    committed_bots = 1
  }
}

environment "test" {
  capacity {
    process = 6
  }

  flow "flow-2" {
    plan = "process"
  }

  machine "rpa-1" {
    unattended_runs = 1
  }
}

self_service_purchase "Power Automate Premium" {
  policy = "OnlyTrialsWithoutPaymentMethod"
}
`

// counts are units by what has them. What can be on a record of usher's is named as
// it is named there.
type counts map[string]int64

// holdings counts everything that a tenant gives.
func holdings(world *sandbox.Tenant) counts {
	all := counts{}
	for _, u := range world.Users {
		all["location/"+u.ID+"/"+u.UsageLocation] = 1
		for _, l := range u.Licenses {
			key := "user/" + u.ID + "/" + l.SKU
			if l.Group != "" {
				key = "given by " + l.Group + l.Error + "/" + key
			}
			all[key] = 1
			for _, off := range l.Without {
				all["off/"+key+"/"+off] = 1
			}
		}
	}
	for _, g := range world.Groups {
		for _, l := range g.Licenses {
			all["group/"+g.ID+"/"+l.SKU] = 1
		}
	}
	for _, p := range world.SelfService {
		all["self_service/"+strings.ToLower(p.ID)+"/policy/"+p.Policy] = 1
	}
	for _, e := range world.Environments {
		all.environment(e)
	}
	return all
}

func (c counts) environment(e *sandbox.Environment) {
	for name, units := range e.Allocations {
		c["environment/"+e.ID+"/"+name] = units
	}
	for name, rules := range e.Rules {
		c[fmt.Sprintf("rules/%s/%s/%v", e.ID, name, rules)] = 1
	}
	for _, f := range e.Flows {
		c[fmt.Sprintf("state/%s/%s/%d", e.ID, f.ID, f.State)] = 1
	}
	names := map[string][2]string{"workflow": {"flow", "PowerAutomatePerProcess"}, "flowmachine": {"machine", "PowerAutomatePerProcess"},
		"flowmachinegroup": {"machine_group", "PAHostedRPA"}}
	for _, a := range e.Assignments {
		kind, item := names[a.Target][0], names[a.Target][1]
		c[kind+"/"+e.ID+"/"+a.Regarding+"/"+item] += a.Count
	}
}

// records counts what a state has on record, and says what of it is pending.
func records(t *testing.T, text string) (all counts, pending map[string]bool) {
	t.Helper()
	doc, err := state.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all, pending = counts{}, map[string]bool{}
	for _, g := range doc.Known() {
		all[recordKey(g)] = g.Units
	}
	for _, p := range doc.Pending {
		pending[recordKey(p.Grant)] = true
	}
	return all, pending
}

func recordKey(g ledger.Grant) string {
	key := string(g.Holder.Kind) + "/" + strings.ToLower(g.Holder.ID) + "/" + g.Item.ID
	if g.Policy != "" {
		key += "/" + g.Policy
	}
	return key
}

// keys are all of several counts, sorted.
func keys(all ...counts) []string {
	found := map[string]bool{}
	for _, c := range all {
		for key := range c {
			found[key] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
