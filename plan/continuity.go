package plan

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
