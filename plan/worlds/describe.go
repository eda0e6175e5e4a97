package worlds

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Describe writes a world for people, one fact a line: what a law says when it
// is broken.
func Describe(in plan.Input) string {
	var b strings.Builder
	grants := func(name string, all []ledger.Grant) {
		for _, g := range all {
			fmt.Fprintf(&b, "%s %s %d %v\n", name, g.Address(), g.Units, g.Without)
		}
	}
	grants("want", in.Want)
	grants("known", in.Known)
	grants("claimed", in.Claims)
	grants("have", in.Have.Grants)
	for _, i := range in.Have.Inherited {
		fmt.Fprintf(&b, "inherited %s %s from %s %s %v\n", i.User.ID, i.Item, i.Group, i.Error, i.Without)
	}
	for _, m := range in.Have.Members {
		fmt.Fprintf(&b, "members %s %v\n", m.Group, m.Users)
	}
	for _, s := range in.Have.Supply {
		fmt.Fprintf(&b, "supply %s owned %d grace %d used %d\n", s.Item.Name, s.Owned, s.Grace, s.Used)
	}
	for _, p := range in.Items {
		fmt.Fprintf(&b, "policy %s reserve %d use_grace %t unmanaged %s %+v", p.Item.Name, p.Reserve, p.UseGrace, p.Unmanaged, p.Taking)
		if p.Quantity != nil {
			fmt.Fprintf(&b, " quantity %d", *p.Quantity)
		}
		b.WriteString("\n")
	}
	for _, p := range in.Environments {
		fmt.Fprintf(&b, "place %s auto %s hosted serves %t\n", p.Environment.ID, p.Auto, p.HostedServes)
	}
	fmt.Fprintf(&b, "rows %+v\nhidden %+v\ngone %v asleep %v nowhere %+v unread %+v\n", in.Have.Rows, in.Have.Unseen,
		in.Gone, in.HeldBack, in.Have.Nowhere, in.Have.Unread)
	fmt.Fprintf(&b, "guests %v disabled %v given %v\n", in.Have.Guests, in.Have.Disabled, in.Have.Given)
	return b.String()
}
