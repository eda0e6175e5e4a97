// Package catalog is what usher knows of Microsoft's products: part numbers,
// product names, service plans and capacity types.
//
// It is a help for people, never the truth: the tenant's own list decides
// what can be assigned. It knows no tenant and imports only the standard
// library.
package catalog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// products.json carries the Power Platform rows, and the Microsoft 365
// suites that seed them, of Microsoft's list "Product names and service plan
// identifiers for licensing" of 2026-07-29.
//
//go:embed products.json
var productsJSON []byte

// ProductKind sorts products by how they can be used.
type ProductKind string

const (
	// Paid products are given to people, seat by seat.
	Paid ProductKind = "seat"
	// Units are allocated to environments, never to people.
	Units ProductKind = "capacity"
	// Free products track usage and cost nothing.
	Free ProductKind = "free"
	// Trial products end by themselves.
	Trial ProductKind = "trial"
	// SelfService products are bought by people themselves and cannot be
	// assigned or removed through the API.
	SelfService ProductKind = "self-service"
)

// Plan is a service plan of a product.
type Plan struct {
	Name string
	ID   string
}

// UnmarshalJSON reads the pair [name, id].
func (p *Plan) UnmarshalJSON(b []byte) error {
	var pair [2]string
	err := json.Unmarshal(b, &pair)
	p.Name, p.ID = pair[0], pair[1]
	return err
}

// Product is one SKU.
type Product struct {
	PartNumber string      `json:"part"`
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Kind       ProductKind `json:"kind"`
	Partial    bool        `json:"partial"` // Plans lists only some of its plans
	Plans      []Plan      `json:"plans"`
}

// AutoClaimed reports whether Managed Environments can give a product to people by themselves, by
// its part number: auto-claim is on where nobody has switched it off. Source: Microsoft Learn,
// "Auto-claim policies for Power Automate" and "for Power Apps".
func AutoClaimed(part string) bool {
	return slices.Contains([]string{"POWERAUTOMATE_ATTENDED_RPA", "FLOW_PER_USER", "POWERAPPS_PER_USER"}, strings.ToUpper(part))
}

// Catalog answers questions about products and capacity types.
type Catalog struct {
	products []Product
	types    []CapacityType
}

// Load reads the embedded catalog.
func Load() (*Catalog, error) {
	c := &Catalog{types: capacityTypes()}
	if err := json.Unmarshal(productsJSON, &c.products); err != nil {
		return nil, fmt.Errorf("the embedded catalog is damaged: %w", err)
	}
	return c, nil
}

// Product finds a SKU by part number, skuId or product name. A product name
// that several SKUs bear returns all of them.
func (c *Catalog) Product(ref string) []Product {
	var found []Product
	for _, p := range c.products {
		if strings.EqualFold(p.PartNumber, ref) || strings.EqualFold(p.ID, ref) {
			return []Product{p}
		}
		if strings.EqualFold(p.Name, ref) {
			found = append(found, p)
		}
	}
	return found
}

// PartNumbers lists the part numbers of all known products, sorted.
func (c *Catalog) PartNumbers() []string {
	names := make([]string, 0, len(c.products))
	for _, p := range c.products {
		names = append(names, p.PartNumber)
	}
	slices.Sort(names)
	return names
}

// Plan finds a service plan of the product by name or id.
func (p Product) Plan(ref string) (Plan, bool) {
	for _, plan := range p.Plans {
		if strings.EqualFold(plan.Name, ref) || strings.EqualFold(plan.ID, ref) {
			return plan, true
		}
	}
	return Plan{}, false
}

// ServicePlanNames returns the names of all known service plans, by id.
func (c *Catalog) ServicePlanNames() map[string]string {
	names := map[string]string{}
	for _, p := range c.products {
		for _, plan := range p.Plans {
			names[plan.ID] = plan.Name
		}
	}
	return names
}

// CapacityTypes lists the known capacity types.
func (c *Catalog) CapacityTypes() []CapacityType { return c.types }

// CapacityByName finds a type by the name that configurations write.
func (c *Catalog) CapacityByName(name string) (CapacityType, bool) {
	for _, t := range c.types {
		if t.Name == name {
			return t, true
		}
	}
	return CapacityType{}, false
}

// CapacityName returns the name of a currency type, or the currency type
// itself where the catalog does not know it.
func (c *Catalog) CapacityName(id string) string {
	for _, t := range c.types {
		if t.ID == id {
			return t.Name
		}
	}
	return id
}

// IsStorage reports whether the name is a Dataverse capacity, which the
// service does not let anybody allocate.
func (c *Catalog) IsStorage(name string) bool {
	return slices.Contains(storageTypes(), strings.ToLower(name))
}
