package plan

import (
	"slices"
)

// ride makes retries come after what gives the same person an item that the
// retry would bring as well, so that no seat is taken unseen.
func (c *coverage) ride(parts []*part) {
	for _, p := range parts {
		for _, item := range p.rides {
			for _, g := range c.gained[p.steps[0].Holder.ID] {
				if g.item == item {
					p.comesAfter(g.part)
				}
			}
		}
	}
}

// keepServices makes whoever moves from one product to another across two
// holders, such as from a seat of their own to one of a group, keep the
// services that both products have: the loss comes after the gain.
func (c *coverage) keepServices(parts []*part) {
	for key, loss := range c.lost {
		for _, g := range c.gained[key.Holder] {
			if g.part != loss && parts[g.part].twin != loss && c.share(key.Item, g.item) {
				parts[loss].comesAfter(g.part)
			}
		}
	}
}

func (c *coverage) share(a, b string) bool {
	return slices.ContainsFunc(c.plans[a], func(plan string) bool { return slices.Contains(c.plans[b], plan) })
}
