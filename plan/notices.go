package plan

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// addNotice tells people about a row, with its lines.
func (t *table) addNotice(severity ledger.Severity, code string, r row, text, fix string) {
	n := ledger.Notice{Code: code, Severity: severity, Address: string(ledger.NewAddress(r.holder(), r.item())), Text: text, Fix: fix}
	if r.want != nil {
		n.Origins = r.want.Origins
	}
	t.notices = append(t.notices, n)
}

// futile says that what is given will do nothing, or not what somebody may expect of it.
func (t *table) futile(r row) {
	h := r.want.Holder
	if f := t.flows[h.Identity()]; f.Suspended {
		text := "a data policy of the tenant suspends this flow: with capacity it will still not run"
		if len(f.Policies) > 0 {
			text += ". Policies of its environment: " + strings.Join(f.Policies, ", ")
		}
		t.addNotice(ledger.Warning, "flow-suspended", r, text, "change the flow or the policy")
	}
	if inside := t.nested[h.Identity()]; len(inside) > 0 {
		t.addNotice(ledger.Warning, "group-nested", r, "has "+ledger.Count(len(inside), "group")+" inside it ("+
			strings.Join(inside, ", ")+"): the service gives their members nothing", "ask for the license for those groups too")
	}
}

// redundant says that somebody gets directly what a group gives as well.
func (t *table) redundant(s ledger.Step) {
	if s.Op == ledger.Add && t.groups[s.Key()] {
		t.notices = append(t.notices, ledger.Notice{Code: "redundant", Severity: ledger.Info, Address: string(s.Address()), Origins: s.Origins,
			Text: "a declared group gives this person the same seat: a direct one takes no other, and does nothing until the " +
				"person leaves the group"})
	}
}

// missedTargets refuses targets that met nobody: a slip of the fingers must
// not look like "nothing to do".
//
// A target may name what is nowhere any more, such as a group that the state still knows.
func (t *table) missedTargets() {
	for _, h := range t.in.Targets {
		if !t.met[strings.ToLower(h.Address())] {
			t.notices = append(t.notices, ledger.Notice{Code: "target-unknown", Severity: ledger.Error, Address: h.Address(),
				Text: "this -target matches nothing in the files, the state or the tenant",
				Fix:  "correct -target: usher plan and usher usage -users show names"})
		}
	}
}

// sumUp says, once a scope, that it was left alone.
func (t *table) sumUp() {
	for i, u := range t.in.Have.Unread {
		t.notices = append(t.notices, ledger.Notice{Code: "unread", Severity: ledger.Warning, Address: u.Address(),
			Text: fmt.Sprintf(
				"could not be read completely, so usher changes nothing there (grants declared or on record: %d): %s",
				t.unread[i],
				u.Reason,
			)})
	}
	for _, g := range t.in.Have.Working {
		t.notices = append(t.notices, ledger.Notice{Code: "group-working", Severity: ledger.Info, Address: g.Address(),
			Text: "the service has not finished with this group's members"})
	}
	t.unfit()
}

// unfit says, for declared groups, who was left without a product and why.
//
// Nobody else tells: the service leaves the member without the product, and the admin centre
// shows it on a page of its own.
func (t *table) unfit() {
	declared := map[ledger.Key]bool{}
	for i := range t.in.Want {
		if g := &t.in.Want[i]; g.Holder.Kind == ledger.Group {
			declared[g.Key()] = true
		}
	}
	items := map[string]ledger.Item{}
	for _, s := range t.in.Have.Supply {
		items[s.Item.ID] = s.Item
	}
	for _, i := range t.in.Have.Inherited {
		if i.Error == "" || !declared[ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}] {
			continue
		}
		text, fix := UnfitText(i.Error)
		t.notices = append(t.notices, ledger.Notice{Code: "member-unfit", Severity: ledger.Warning,
			Address: string(ledger.NewAddress(i.User, items[i.Item])), Fix: fix,
			Text: fmt.Sprintf("%s could not give it: %s", t.groupName(ledger.HolderID{Kind: ledger.Group, ID: i.Group}), text)})
	}
}

// UnfitText explains a cause for which a group could not give an item to
// a member, and names the way out. Source: Microsoft Learn, "Identify and
// resolve license assignment problems for a group".
func UnfitText(cause string) (text, fix string) {
	switch cause {
	case ledger.NoSeat:
		return "there was no seat left", "free or buy one: the next plan then asks the service to try again"
	case ledger.Sibling:
		return "another product of the same group failed for this person", "resolve that first"
	case "MutuallyExclusiveViolation":
		return "it conflicts with a service plan that the person has already", "disable one of the two plans, or take the other product away"
	case "DependencyViolation":
		return "it needs a service plan that the person does not have", "give the product that has the plan, by the same group"
	case "ProhibitedInUsageLocationViolation":
		return "it is not offered where the person is", "correct the person's usage location, or disable the plan"
	case "UniquenessViolation":
		return "one of the person's mail addresses belongs to somebody else as well", "correct the proxy addresses"
	}
	return "for the cause " + cause, "look at the licenses of the person in the Microsoft 365 admin centre: they name the obstacle"
}

// groupName is the address of a group, by any of the names that are known.
func (t *table) groupName(g ledger.HolderID) string {
	for _, set := range [][]ledger.Grant{t.in.Want, t.in.Known, t.in.Have.Grants} {
		for _, x := range set {
			if x.Holder.Identity() == g {
				return x.Holder.Address()
			}
		}
	}
	return ledger.Holder{Kind: ledger.Group, Name: g.ID}.Address()
}

// compareNotices orders notices of one severity.
func compareNotices(a, b ledger.Notice) int {
	if c := strings.Compare(a.Code, b.Code); c != 0 {
		return c
	}
	if c := strings.Compare(a.Address, b.Address); c != 0 {
		return c
	}
	return strings.Compare(a.Text, b.Text)
}

// owned reports what the tenant owns beyond what is declared.
func (p *Plan) owned(in Input) []ledger.Notice {
	var all []ledger.Notice
	for _, pool := range p.Pools {
		if q := pool.Quantity; q != nil && *q < pool.Owned && len(in.Targets) == 0 {
			all = append(all, ledger.Notice{Code: "more-owned", Severity: ledger.Info, Address: pool.Item.Name, Origins: pool.Origins,
				Text: fmt.Sprintf("the tenant owns %d, and %d are declared: usher gives out no more than that", pool.Owned, *q)})
		}
	}
	return all
}

// inactive warns of subscriptions that do not run, and how much the plan leans on them.
//
// Microsoft keeps their data for a while, and takes the licenses from people in the end. To
// buy the same seats again would be paid for twice.
func (p *Plan) inactive() []ledger.Notice {
	var all []ledger.Notice
	for _, pool := range p.Pools {
		if pool.InactiveSeats() == 0 {
			continue
		}
		all = append(all, ledger.Notice{Code: "inactive", Severity: ledger.Warning, Address: pool.Item.Name, Origins: pool.Origins,
			Text: pool.InactiveText() + ": nobody can be given one, and the people who have one lose it when Microsoft deletes the subscription",
			Fix:  "reactivate the subscription in the Microsoft 365 admin centre, under Billing"})
	}
	return all
}

// lapseHorizon is how many days ahead a plan warns of subscriptions that lapse.
const lapseHorizon = 30

// lapses warns of subscriptions that lapse soon and that the plan leans on:
// without their seats, what is in use at the end would not fit.
//
// A subscription that lapses and that nobody needs is not worth a line in every plan.
func (p *Plan) lapses(in Input) []ledger.Notice {
	soon := dayAfter(in.Today, lapseHorizon)
	var all []ledger.Notice
	for _, s := range in.Have.Supply {
		var seats int64
		day, kind := "", "subscription"
		for _, l := range s.Lapses {
			if l.Day <= soon {
				seats += l.Seats
				if day == "" {
					day = l.Day
				}
				if l.Trial {
					kind = "trial"
				}
			}
		}
		ends, fix := "ends on", "renew it, or free the seats before that day"
		if day < in.Today {
			ends, fix = "was to end on", "look into the admin centre: it is renewed late, or its seats go any day"
		}
		for _, pool := range p.Pools {
			if short := pool.After - (pool.Owned - seats); seats > 0 && pool.Item.ID == s.Item.ID && short > 0 {
				all = append(all, ledger.Notice{Code: "lapses", Severity: ledger.Warning, Address: s.Item.Name, Origins: pool.Origins,
					Text: fmt.Sprintf(
						"a %s of %s %s %s, and the plan needs %d of them",
						kind,
						ledger.Count(seats, "seat"),
						ends,
						day,
						short,
					),
					Fix: fix})
			}
		}
	}
	return all
}

// codeStirred is the code of what tellStirred tells.
const codeStirred = "member-stirred"

// tellStirred tells of the members whom a call for a group gives what they were
// left without.
func (c *coverage) tellStirred(in Input) []ledger.Notice {
	items := map[string]ledger.Item{}
	for _, s := range in.Have.Supply {
		items[s.Item.ID] = s.Item
	}
	people := map[string]ledger.Holder{}
	for _, i := range in.Have.Inherited {
		people[i.User.ID] = i.User
	}
	var all []ledger.Notice
	for _, x := range c.stirred {
		if x.passing {
			continue
		}
		all = append(
			all,
			ledger.Notice{Code: codeStirred, Severity: ledger.Info, Address: string(ledger.NewAddress(people[x.user], items[x.item])),
				Text: fmt.Sprintf(
					"the call for the group %s makes the service try again for this member, and that takes a seat",
					c.groupName(x.group),
				)},
		)
	}
	return all
}
