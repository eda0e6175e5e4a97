package plan

// Only narrows a plan to one kind of step. It says nothing about the others.
type Only string

const (
	// OnlyDue is what a date makes necessary.
	OnlyDue Only = "due"
	// OnlyAdopt is what is there already, as the files ask for it: nobody gains or loses anything.
	OnlyAdopt Only = "adopt"
)

// meant reports whether a plan is about a row at all.
func (t *table) meant(r row) bool {
	switch t.in.Only {
	case OnlyDue:
		return t.due(r)
	case OnlyAdopt:
		return r.want != nil && r.have != nil && r.want.Units > 0 &&
			(r.want.Equal(r.have.Value) || r.known != nil && r.known.Accepts(r.want.Value, r.have.Value))
	}
	return true
}
