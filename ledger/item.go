package ledger

import "strings"

// ItemKind tells the two families of items apart.
type ItemKind string

const (
	// Seat is a product that people hold, identified by its skuId.
	Seat ItemKind = "seat"
	// Capacity is a type of units that environments hold, identified by the
	// Power Platform's currency type.
	Capacity ItemKind = "capacity"
	// Setting is no unit but a policy that something has.
	Setting ItemKind = "setting"
)

// PolicyItem is the one setting of a product that people can buy by
// themselves.
func PolicyItem() Item { return Item{Kind: Setting, ID: "policy", Name: "policy"} }

// Item is what is counted. ID is its identity; Name is what people read and
// write: a part number, or the short name of a capacity type.
type Item struct {
	Kind ItemKind `json:"kind"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// Holder is who or what holds units. ID is the object id in lower case and
// the identity; Name is what people read, as the tenant spells it. For what
// lives inside an environment both start with the environment's and a slash,
// because one flow can be in many environments: see Within.
type Holder struct {
	Kind HolderKind `json:"kind"`
	ID   string     `json:"id"`
	Name string     `json:"name"`
}

// Within makes a holder inside an environment from its own id and name.
func Within(environment Holder, kind HolderKind, id, name string) Holder {
	return Holder{Kind: kind, ID: environment.ID + "/" + id, Name: escape(environment.Name) + "/" + name}
}

// EnvironmentID returns the id of the environment that the holder is or is inside
// of, and "" for people and groups.
func (h Holder) EnvironmentID() string { return h.Identity().EnvironmentID() }

// Own returns the holder's own name, without that of its environment.
func (h Holder) Own() string {
	if _, own, ok := strings.Cut(h.Name, "/"); ok && h.Kind.Inside() {
		return own
	}
	return h.Name
}

// Around returns the name of the environment that the holder is or is inside
// of, and "" for people and groups.
func (h Holder) Around() string {
	switch {
	case h.Kind == Environment:
		return h.Name
	case h.Kind.Inside():
		around, _, _ := strings.Cut(h.Name, "/")
		if name, err := unescape(around); err == nil {
			return name
		}
		return around
	}
	return ""
}

// HolderID is the identity of a holder, fit for use as a map key.
type HolderID struct {
	Kind HolderKind
	ID   string
}

// Identity returns the holder without its name.
func (h Holder) Identity() HolderID { return HolderID{h.Kind, h.ID} }

// EnvironmentID returns the id of the environment that the holder is or is inside
// of, and "" for people and groups.
func (h HolderID) EnvironmentID() string {
	switch {
	case h.Kind == Environment:
		return h.ID
	case h.Kind.Inside():
		place, _, _ := strings.Cut(h.ID, "/")
		return place
	}
	return ""
}

// Key is the identity of a grant: which holder, which item.
type Key struct {
	Kind   HolderKind `json:"kind"`
	Holder string     `json:"holder"`
	Item   string     `json:"item"`
}

// Compare orders keys by kind, holder and item.
func (k Key) Compare(o Key) int {
	switch {
	case k.Kind != o.Kind:
		return strings.Compare(string(k.Kind), string(o.Kind))
	case k.Holder != o.Holder:
		return strings.Compare(k.Holder, o.Holder)
	}
	return strings.Compare(k.Item, o.Item)
}
