package ledger

// ItemKind tells the two families of items apart.
type ItemKind string

const (
	// Seat is a product that people hold, identified by its skuId.
	Seat ItemKind = "seat"
	// Capacity is a type of units that environments hold, identified by the
	// Power Platform's currency type.
	Capacity ItemKind = "capacity"
)

// Item is what is counted. ID is its identity; Name is what people read and
// write: a part number, or the short name of a capacity type.
type Item struct {
	Kind ItemKind `json:"kind"`
	ID   string   `json:"id"`
	Name string   `json:"name"`
}

// HolderKind says what kind of thing holds units.
type HolderKind string

const (
	// User is a person or another account of the directory.
	User HolderKind = "user"
	// Environment is a Power Platform environment.
	Environment HolderKind = "environment"
)

// Holder is who or what holds units. ID is the object id in lower case and
// the identity; Name is what people read, as the tenant spells it.
type Holder struct {
	Kind HolderKind `json:"kind"`
	ID   string     `json:"id"`
	Name string     `json:"name"`
}

// HolderID is the identity of a holder, fit for use as a map key.
type HolderID struct {
	Kind HolderKind
	ID   string
}

// Identity returns the holder without its name.
func (h Holder) Identity() HolderID { return HolderID{h.Kind, h.ID} }

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
		return compare(string(k.Kind), string(o.Kind))
	case k.Holder != o.Holder:
		return compare(k.Holder, o.Holder)
	}
	return compare(k.Item, o.Item)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
