package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Tenant is the content of a tenant file.
type Tenant struct {
	Format       int              `json:"format"` // 1
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	SKUs         []*SKU           `json:"skus"`
	Capacity     map[string]int64 `json:"capacity"` // purchased units by currency type
	Environments []*Environment   `json:"environments"`
	Users        []*User          `json:"users"`
	Deleted      []DeletedUser    `json:"deletedUsers,omitempty"`
	Groups       []*Group         `json:"groups,omitempty"`
	SelfService  []SelfService    `json:"selfService,omitempty"`
	Policies     []DataPolicy     `json:"dataPolicies,omitempty"`
	Applications []*Application   `json:"applications,omitempty"`
	Limits       *Limits          `json:"limits,omitempty"`
	Delays       *Delays          `json:"delays,omitempty"`
	Audit        *Audit           `json:"audit,omitempty"`
	Activity     *Activity        `json:"activity,omitempty"`
	Clock        *time.Time       `json:"clock,omitempty"`            // the tenant's time, where it does not run by itself
	Unknown      []string         `json:"unknownResources,omitempty"` // for which no token is issued here
	Capitals     bool             `json:"capitals,omitempty"`         // answers write ids in capitals, as some of the services' do
	Faults       []*Fault         `json:"faults,omitempty"`
	Overspends   []Overspend      `json:"overspends,omitempty"`
}

// SKU is a product that the tenant has.
type SKU struct {
	ID         string `json:"id"`
	PartNumber string `json:"partNumber"`
	AppliesTo  string `json:"appliesTo"` // User or Company
	Enabled    int64  `json:"enabled"`
	Warning    int64  `json:"warning,omitempty"`
	Suspended  int64  `json:"suspended,omitempty"`
	LockedOut  int64  `json:"lockedOut,omitempty"`
	Plans      []Plan `json:"plans"`

	Subscriptions []Subscription `json:"subscriptions,omitempty"`

	consumed int64
}

// Subscription is a purchase of seats of a SKU.
type Subscription struct {
	ID    string     `json:"id"`
	Seats int64      `json:"seats"`
	Trial bool       `json:"trial,omitempty"`
	Next  *time.Time `json:"nextLifecycle,omitempty"` // when it lapses if it is not renewed
}

// Plan is a service plan of a SKU.
type Plan struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	AppliesTo string   `json:"appliesTo,omitempty"` // User unless Company
	DependsOn []string `json:"dependsOn,omitempty"` // plan ids
	Excludes  []string `json:"excludes,omitempty"`  // plan ids
	AlwaysOn  bool     `json:"alwaysOn,omitempty"`  // the service switches it on by itself
	AlwaysOff bool     `json:"alwaysOff,omitempty"` // the service switches it off by itself
}

// User is an account of the directory.
type User struct {
	ID            string    `json:"id"`
	UPN           string    `json:"upn"`
	DisplayName   string    `json:"displayName"`
	Disabled      bool      `json:"disabled,omitempty"`
	UsageLocation string    `json:"usageLocation,omitempty"`
	UserType      string    `json:"userType,omitempty"` // Member unless Guest
	Password      string    `json:"password,omitempty"` // lets the user sign in
	Roles         []string  `json:"directoryRoles,omitempty"`
	Licenses      []License `json:"licenses,omitempty"`

	City       string            `json:"city,omitempty"`
	Company    string            `json:"companyName,omitempty"`
	Country    string            `json:"country,omitempty"`
	Department string            `json:"department,omitempty"`
	Employee   string            `json:"employeeType,omitempty"`
	JobTitle   string            `json:"jobTitle,omitempty"`
	Office     string            `json:"officeLocation,omitempty"`
	Extensions map[string]string `json:"extensionAttributes,omitempty"` // extensionAttribute1 to 15

	// Each is how long ago it was, so that a file does not grow old; 0 for never, and for years.
	Created   Duration            `json:"created,omitempty"`
	SignedIn  Duration            `json:"signedIn,omitempty"`  // with success
	Attempted Duration            `json:"attempted,omitempty"` // with or without it
	Used      map[string]Duration `json:"used,omitempty"`      // services of the report, such as Exchange
}

// DeletedUser is an account that can still be restored. The service keeps it for 30 days, and
// puts its id before its name, so that somebody else can have that.
type DeletedUser struct {
	ID  string    `json:"id"`
	UPN string    `json:"upn"` // before it was deleted
	At  time.Time `json:"deleted"`
}

// License is one source of one SKU for one user: direct, or by a group.
type License struct {
	SKU     string   `json:"sku"` // skuId
	Group   string   `json:"group,omitempty"`
	Without []string `json:"without,omitempty"` // ids of disabled plans
	Error   string   `json:"error,omitempty"`   // such as CountViolation: takes no seat

	Updated *time.Time `json:"updated,omitempty"` // when it was given or changed, where the tenant tells of activity
}

// Environment is a Power Platform environment.
type Environment struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Type        string           `json:"type,omitempty"`
	Unreadable  bool             `json:"unreadable,omitempty"` // allocations answer 403
	Allocations map[string]int64 `json:"allocations,omitempty"`
	Earlier     []Earlier        `json:"earlier,omitempty"` // allocations that a late reading still shows

	Rules map[string][]Rule `json:"rules,omitempty"` // of the allocations document, by currency type

	Spelling   string           `json:"spelling,omitempty"`      // of the id in answers, and the only one in paths: Default-…
	TenantPool bool             `json:"tenantPool,omitempty"`    // the first allocations route does not serve it
	Automatic  map[string]int64 `json:"autoAllocated,omitempty"` // part of Allocations that the platform gave by itself

	NoDataverse   bool           `json:"noDataverse,omitempty"` // it has no organisation
	Closed        bool           `json:"closed,omitempty"`      // the organisation answers 403
	HostedServes  bool           `json:"hostedServes,omitempty"`
	Flows         []Flow         `json:"flows,omitempty"`
	Machines      []Machine      `json:"machines,omitempty"`
	MachineGroups []Machine      `json:"machineGroups,omitempty"`
	Assignments   []CapacityUnit `json:"capacityAssignments,omitempty"`
}

// Rule says what happens when an environment has used what it was allocated.
type Rule struct {
	Type    string `json:"ruleType"`
	Enabled bool   `json:"enabled"`
}

// Earlier is what an environment was allocated up to a moment.
type Earlier struct {
	Until       time.Time        `json:"until"`
	Allocations map[string]int64 `json:"allocations"`
}

// Overspend records a moment at which more was given than was purchased.
type Overspend struct {
	Item        string `json:"item"`
	Environment string `json:"environment,omitempty"` // id, where it is about an environment's own units
	Purchased   int64  `json:"purchased"`
	Used        int64  `json:"used"`
	By          string `json:"by"` // the request that did it
}

// errFormat is wrapped by every refusal of a tenant file.
var errFormat = errors.New("not a usable tenant file")

// Decode reads a tenant file and checks what the rest relies on.
func Decode(r io.Reader) (*Tenant, error) {
	t := &Tenant{}
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(t); err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	if dec.More() {
		return nil, fmt.Errorf("%w: something follows the closing brace", errFormat)
	}
	return t, t.check()
}

func (t *Tenant) check() error {
	if t.Format != 1 {
		return fmt.Errorf("%w: format is %d, and this usher reads format 1", errFormat, t.Format)
	}
	if t.ID == "" {
		return fmt.Errorf("%w: it has no id", errFormat)
	}
	seen := map[string]string{}
	once := func(kind, id, name string) error {
		key := kind + strings.ToLower(id)
		if id == "" {
			return fmt.Errorf("%w: %s %q has no id", errFormat, kind, name)
		}
		if other, twice := seen[key]; twice {
			return fmt.Errorf("%w: %s %q and %q share the id %s", errFormat, kind, other, name, id)
		}
		seen[key] = name
		return nil
	}
	if slices.Contains(t.SKUs, nil) || slices.Contains(t.Environments, nil) || slices.Contains(t.Users, nil) ||
		slices.Contains(t.Faults, nil) ||
		slices.Contains(t.Groups, nil) ||
		slices.Contains(t.Applications, nil) {
		return fmt.Errorf("%w: a list has an element that is null", errFormat)
	}
	if err := t.checkSKUs(once); err != nil {
		return err
	}
	for _, e := range t.Environments {
		if err := once("environment", e.ID, e.Name); err != nil {
			return err
		}
	}
	if err := t.checkUsers(seen, once); err != nil {
		return err
	}
	return t.checkGroups(seen, once)
}

func (t *Tenant) checkSKUs(once func(kind, id, name string) error) error {
	for _, s := range t.SKUs {
		if s.Enabled < 0 || s.Warning < 0 {
			return fmt.Errorf("%w: sku %q has a negative number of units", errFormat, s.PartNumber)
		}
		if err := once("sku", s.ID, s.PartNumber); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tenant) checkGroups(seen map[string]string, once func(kind, id, name string) error) error {
	for _, g := range t.Groups {
		if err := once("group", g.ID, g.Name); err != nil {
			return err
		}
		for _, id := range g.Members {
			if _, ok := seen["user"+strings.ToLower(id)]; !ok {
				return fmt.Errorf("%w: group %q has the member %q, which is not among users", errFormat, g.Name, id)
			}
		}
		for _, id := range g.Groups {
			if !slices.ContainsFunc(t.Groups, func(o *Group) bool { return strings.EqualFold(o.ID, id) }) {
				return fmt.Errorf("%w: group %q has the group %q in it, which is not among groups", errFormat, g.Name, id)
			}
		}
		for _, l := range g.Licenses {
			if _, ok := seen["sku"+strings.ToLower(l.SKU)]; !ok {
				return fmt.Errorf("%w: group %q gives the SKU %q, which is not among skus", errFormat, g.Name, l.SKU)
			}
		}
	}
	return nil
}

func (t *Tenant) checkUsers(seen map[string]string, once func(kind, id, name string) error) error {
	for _, u := range t.Users {
		if err := once("user", u.ID, u.UPN); err != nil {
			return err
		}
		for _, l := range u.Licenses {
			if _, ok := seen["sku"+strings.ToLower(l.SKU)]; !ok {
				return fmt.Errorf("%w: user %q has a license of the SKU %q, which is not among skus", errFormat, u.UPN, l.SKU)
			}
		}
	}
	return nil
}
