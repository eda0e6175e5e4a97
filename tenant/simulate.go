package tenant

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// Simulated is a tenant file that has everybody and everything that some files name, and in
// which nobody has anything: a plan of it shows whether the files fit together and into what
// is bought, without asking any tenant.
//
// Of each product it owns what its quantity says, or else as much as is asked for.
func Simulated(c *catalog.Catalog, files ...Declared) ([]byte, error) {
	s := &simulated{catalog: c, ids: map[string]string{}, tenant: &sandbox.Tenant{
		Format: 1, ID: "00000000-0000-4000-8000-000000000000", Name: "simulated", Capacity: map[string]int64{},
	}}
	for _, d := range files {
		s.products(d)
		s.named(d.Guard.Protect)
		for i := range d.Wants {
			s.want(&d.Wants[i])
		}
		for _, e := range d.Environments {
			s.environment(e.Environment.Name)
		}
	}
	var b bytes.Buffer
	err := s.tenant.Encode(&b)
	return b.Bytes(), err
}

// simulated is a tenant in the making.
type simulated struct {
	catalog *catalog.Catalog
	tenant  *sandbox.Tenant
	ids     map[string]string // of what is there, by kind and name
}

// once makes an id for a name, and reports whether it is new. A name that is an id stays one.
func (s *simulated) once(kind, name string) (id string, fresh bool) {
	key := kind + "/" + strings.ToLower(name)
	if id, known := s.ids[key]; known {
		return id, false
	}
	id = strings.ToLower(name)
	if !isID(name) {
		sum := sha256.Sum256([]byte(key)) // an id that nobody writes into a file by accident
		sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
		id = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	}
	s.ids[key] = id
	return id, true
}

// products are what the files declare, each with what is asked of it.
func (s *simulated) products(d Declared) {
	asked := map[ledger.Item]int64{}
	for _, w := range d.Wants {
		if w.Kind == ledger.User || w.Kind == ledger.Environment {
			asked[w.Item] += max(1, w.Units)
		}
	}
	for _, rules := range d.Items {
		owned := asked[rules.Item] + rules.Reserve
		if rules.Quantity != nil {
			owned = *rules.Quantity
		}
		if rules.Item.Kind == ledger.Capacity {
			s.tenant.Capacity[rules.Item.ID] = max(s.tenant.Capacity[rules.Item.ID], owned)
			continue
		}
		s.seats(rules.Item, owned)
	}
	for item, units := range asked { // capacity that no block declares
		if item.Kind == ledger.Capacity && s.tenant.Capacity[item.ID] == 0 {
			s.tenant.Capacity[item.ID] = units
		}
	}
}

func (s *simulated) seats(item ledger.Item, owned int64) {
	id, fresh := s.once("sku", item.Name)
	if !fresh {
		return
	}
	sku := &sandbox.SKU{ID: id, PartNumber: item.Name, AppliesTo: "User", Enabled: owned}
	for _, p := range s.catalog.Product(item.Name) {
		sku.ID, sku.PartNumber = p.ID, p.PartNumber
		for _, plan := range p.Plans {
			sku.Plans = append(sku.Plans, sandbox.Plan{ID: plan.ID, Name: plan.Name})
		}
	}
	s.tenant.SKUs = append(s.tenant.SKUs, sku)
}

// servicePlans adds the service plans of a list that the catalog does not know of its product.
func (s *simulated) servicePlans(item ledger.Item, list *ledger.ServicePlanList) {
	if list == nil || list.Sure {
		return
	}
	product, _ := s.once("sku", item.Name)
	for _, name := range list.Names {
		id, fresh := s.once("service plan of "+product, name)
		if found := s.catalog.Product(item.Name); len(found) == 1 {
			product = found[0].ID
			_, known := found[0].Plan(name)
			fresh = fresh && !known
		}
		for _, sku := range s.tenant.SKUs {
			if fresh && sku.ID == product {
				sku.Plans = append(sku.Plans, sandbox.Plan{ID: id, Name: name})
			}
		}
	}
}

// want adds what a line of a file is about.
func (s *simulated) want(w *ledger.Want) {
	s.servicePlans(w.Item, w.Plans)
	if !w.Kind.Inside() {
		s.named([]ledger.Holder{{Kind: w.Kind, Name: w.Holder}})
		return
	}
	e := s.environment(w.Around)
	id, fresh := s.once(string(w.Kind)+" in "+e.ID, w.Holder)
	if !fresh {
		return
	}
	switch w.Kind {
	case ledger.Flow:
		e.Flows = append(e.Flows, sandbox.Flow{ID: id, Name: w.Holder, State: 1})
	case ledger.Machine:
		e.Machines = append(e.Machines, sandbox.Machine{ID: id, Name: w.Holder})
	default:
		e.MachineGroups = append(e.MachineGroups, sandbox.Machine{ID: id, Name: w.Holder})
	}
}

// named adds people, groups, environments, and products that people buy themselves.
func (s *simulated) named(holders []ledger.Holder) {
	for _, h := range holders {
		switch h.Kind {
		case ledger.User:
			if id, fresh := s.once("user", h.Name); fresh {
				upn := h.Name
				if isID(upn) {
					upn += "@simulated.invalid"
				}
				s.tenant.Users = append(s.tenant.Users, &sandbox.User{ID: id, UPN: upn, DisplayName: h.Name, UsageLocation: "US"})
			}
		case ledger.Group:
			if id, fresh := s.once("group", h.Name); fresh {
				s.tenant.Groups = append(s.tenant.Groups, &sandbox.Group{ID: id, Name: h.Name})
			}
		case ledger.SelfService:
			if id, fresh := s.once("product", h.Name); fresh {
				s.tenant.SelfService = append(s.tenant.SelfService, sandbox.SelfService{ID: id, Name: h.Name, Policy: "Enabled"})
			}
		case ledger.Environment:
			s.environment(h.Name)
		default: // inside of an environment, which is protected with it
			s.environment(h.Around())
		}
	}
}

// environment is one of a name, which is made where it is not there yet.
func (s *simulated) environment(name string) *sandbox.Environment {
	id, fresh := s.once("environment", name)
	if fresh {
		s.tenant.Environments = append(s.tenant.Environments, &sandbox.Environment{ID: id, Name: name, Type: "Sandbox"})
	}
	for _, e := range s.tenant.Environments {
		if e.ID == id {
			return e
		}
	}
	return &sandbox.Environment{} // never: it was added above
}
