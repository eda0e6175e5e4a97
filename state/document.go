package state

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Version is the format that this package writes. Every older one stays
// readable.
const Version = 1

// Document is one version of the state.
type Document struct {
	Lineage    string // made once, when the state is; two states never share it
	Serial     uint64 // one more with every write
	Tenant     string // id of the tenant that it is about
	Grants     []Record
	Former     []ledger.Holder // holders by names that they had before, sorted
	Claims     *Claims
	Recent     []ledger.Recent
	Pending    []Pending
	Restarts   []ledger.Grant // flows that a run was turning off and on, and the seat that it was for
	Confirmed  []Confirmation
	Selectors  []string     // that the last complete run has applied, with whom they leave out
	Leaving    []Leaving    // seats that no file asks for any more, and that are held for a while
	Undeclared []Undeclared // of products that files declare, sorted by id
	History    *Head        // the end of the history when this was written; nil for none
}

// Leaving is a seat that no file asks for any more, since a day.
type Leaving struct {
	ledger.Grant
	Since string // YYYY-MM-DD
}

// LeavingSince are the days on which an apply first missed the lines of grants.
func (d *Document) LeavingSince() map[ledger.Key]string {
	since := map[ledger.Key]string{}
	if d != nil {
		for _, l := range d.Leaving {
			since[l.Key()] = l.Since
		}
	}
	return since
}

// Record is a grant that is usher's own.
type Record struct {
	ledger.Grant
	Since string        // the day it was recorded, as YYYY-MM-DD
	From  Line          // what asked for it then; "" where nobody knows
	Match *ledger.Match // why a selection covered its holder then; nil where none did
}

// Claims is what an unfinished run may have added, and what it was allowed to take
// away. They are written before its first call, and cleared when the run has recorded
// its result.
type Claims struct {
	Digest string // of the run's plan
	At     time.Time
	Grants []ledger.Grant
	// Removals is what the run was allowed to take away and has not taken yet; no
	// units where it goes.
	Removals []ledger.Grant
}

// Pending is a change that was accepted and is not effective yet.
type Pending struct {
	Grant ledger.Grant
	Since time.Time
	Why   string
}

// Confirmation is something that a person vouched for.
type Confirmation struct {
	Address string
	At      time.Time
}

// New makes the first version of a state.
func New(tenant string) *Document {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return &Document{Lineage: hex.EncodeToString(b[:]), Tenant: tenant}
}

// Known returns the recorded grants, sorted by key.
func (d *Document) Known() []ledger.Grant {
	if d == nil {
		return nil
	}
	grants := make([]ledger.Grant, len(d.Grants))
	for i, r := range d.Grants {
		grants[i] = r.Grant
	}
	return grants
}

// Find returns the positions of the records of an address. Names are not
// unique, so there can be several; the address with the holder's id in place
// of its name has one at most.
func (d *Document) Find(a ledger.Address) []int {
	return find(d.Known(), a)
}

// FindClaim returns the positions of the claims of an address.
func (d *Document) FindClaim(a ledger.Address) []int {
	if d.Claims == nil {
		return nil
	}
	return find(d.Claims.Grants, a)
}

// FindRestart returns the positions of flows that a run may have left off, with
// the seat that it was for.
func (d *Document) FindRestart(a ledger.Address) []int { return find(d.Restarts, a) }

// FindPending returns the positions of what waits at an address.
func (d *Document) FindPending(a ledger.Address) []int {
	grants := make([]ledger.Grant, len(d.Pending))
	for i, p := range d.Pending {
		grants[i] = p.Grant
	}
	return find(grants, a)
}

// FindHolder returns the positions of the records of a holder, by its address.
func (d *Document) FindHolder(address string) []int {
	var at []int
	for i, r := range d.Grants {
		byID := ledger.Holder{Kind: r.Holder.Kind, Name: r.Holder.ID}
		if strings.EqualFold(r.Holder.Address(), address) || strings.EqualFold(byID.Address(), address) {
			at = append(at, i)
		}
	}
	return at
}

func find(grants []ledger.Grant, a ledger.Address) []int {
	var at []int
	for i, g := range grants {
		byID := ledger.Holder{Kind: g.Holder.Kind, Name: g.Holder.ID}
		if strings.EqualFold(string(g.Address()), string(a)) || strings.EqualFold(string(ledger.NewAddress(byID, g.Item)), string(a)) {
			at = append(at, i)
		}
	}
	return at
}

// Detach makes the claims those of no run: after somebody edited the state, no
// saved plan continues on it.
func (d *Document) Detach() {
	switch {
	case d.Claims == nil:
	case len(d.Claims.Grants)+len(d.Claims.Removals) == 0:
		d.Claims = nil
	default:
		d.Claims.Digest = ""
	}
}

// DropClaim removes a claim, and the claims with the last of them.
func (d *Document) DropClaim(i int) {
	d.Claims.Grants = slices.Delete(slices.Clone(d.Claims.Grants), i, i+1)
	if len(d.Claims.Grants)+len(d.Claims.Removals) == 0 {
		d.Claims = nil
	}
}

// Rename gives a holder the name that the tenant has for it now, and keeps the one
// that it had: files may go on using it.
func (d *Document) Rename(h *ledger.Holder, name string) {
	if h.Name == name {
		return
	}
	old := *h
	if h.Name = name; old.Own() == h.Own() {
		return // only its environment has another name
	}
	at, known := slices.BinarySearchFunc(d.Former, old, compareHolders)
	if !known {
		d.Former = slices.Insert(d.Former, at, old)
	}
}

func compareHolders(a, b ledger.Holder) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.ID, b.ID), strings.Compare(a.Name, b.Name))
}

// PruneFormer drops the former names of holders that nothing in the document is
// about any more.
func (d *Document) PruneFormer() {
	if len(d.Former) == 0 {
		return
	}
	about := map[ledger.HolderID]bool{}
	for i := range d.Grants {
		about[d.Grants[i].Holder.Identity()] = true
	}
	if d.Claims != nil {
		for _, g := range slices.Concat(d.Claims.Grants, d.Claims.Removals) {
			about[g.Holder.Identity()] = true
		}
	}
	for _, p := range d.Pending {
		about[p.Grant.Holder.Identity()] = true
	}
	d.Former = slices.DeleteFunc(d.Former, func(h ledger.Holder) bool { return !about[h.Identity()] })
}

// Edit is a set of changes to the records of a document, applied together.
type Edit struct {
	put  map[ledger.Key]Record
	drop map[ledger.Key]bool
}

// NewEdit makes an empty set of changes.
func NewEdit() *Edit {
	return &Edit{put: map[ledger.Key]Record{}, drop: map[ledger.Key]bool{}}
}

// Put records a grant, with the day it became usher's, and why a selection covers its holder; nil
// where none does.
func (e *Edit) Put(g ledger.Grant, day string, why *ledger.Match) {
	from := lineOf(g.Origins)
	g.Origins = nil
	delete(e.drop, g.Key())
	e.put[g.Key()] = Record{g, day, from, why}
}

// Drop forgets a grant.
func (e *Edit) Drop(k ledger.Key) {
	delete(e.put, k)
	e.drop[k] = true
}

// Apply changes the document's records in one pass. A grant that was known
// before keeps its day.
func (e *Edit) Apply(d *Document) {
	kept := make([]Record, 0, len(d.Grants)+len(e.put))
	for _, r := range d.Grants {
		key := r.Key()
		if changed, ok := e.put[key]; ok {
			changed.Since, changed.From, changed.Match = r.Since, cmp.Or(changed.From, r.From), cmp.Or(changed.Match, r.Match)
			r = changed
			delete(e.put, key)
		}
		if !e.drop[key] {
			kept = append(kept, r)
		}
	}
	for _, r := range e.put {
		kept = append(kept, r)
	}
	byKey := func(a, b Record) int { return a.Key().Compare(b.Key()) }
	if !slices.IsSortedFunc(kept, byKey) {
		slices.SortFunc(kept, byKey)
	}
	d.Grants = kept
	*e = *NewEdit()
}
