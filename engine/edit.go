package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// ErrNoState is what those say that need a state.
var ErrNoState = errors.New("there is no state yet: the first usher apply makes it")

// Stored reads the state; ErrNoState where there is none.
func (l *Loaded) Stored(ctx context.Context) (*state.Document, error) {
	d, _, err := l.Store.Read(ctx)
	if err == nil && d == nil {
		err = ErrNoState
	}
	return d, err
}

// StateChange is a change of the state by hand.
//
// It changes what usher knows, and nothing in the tenant. All commands that edit the state
// are one of these, and so have the lock, the history and the check of the lease alike.
type StateChange struct {
	Operation string
	Args      []string      // for the history
	Timeout   time.Duration // to wait for the lock
	Restores  bool          // a state may be put in the place of one that is gone
	Force     bool          // and of one that is damaged
	// Change gets what is there, and returns what to write.
	Change func(Stored) (*state.Document, error)
}

// Stored is what an edit finds.
type Stored struct {
	Document *state.Document // nil where there is none
	Damaged  state.Header    // of one that is damaged, as far as it can be seen
}

// Edit changes the state under its lock, tells the history, and returns the serial
// that was written.
//
// The history has the edit before the state has it. Killed in between, the history tells of
// an edit that is not there, which can be seen; the other way round nobody would see it.
func (l *Loaded) Edit(ctx context.Context, e StateChange) (serial uint64, err error) {
	lease, err := l.Lock(ctx, e.Operation, e.Timeout)
	if err != nil {
		return 0, err
	}
	defer l.Release(lease, &err)
	there, etag, err := l.stored(ctx, e)
	if err != nil {
		return 0, err
	}
	before := there.Damaged.Serial
	if there.Document != nil {
		before = there.Document.Serial
	}
	next, err := e.Change(there)
	if err != nil {
		return 0, err
	}
	knows := there.Document
	if knows == nil { // nothing is there: take what the new document knows of the history
		knows = next
	}
	journal, err := l.journal(ctx, knows)
	if err != nil {
		return 0, err
	}
	next.Detach()
	next.Serial = max(next.Serial, before) // a store may take each serial once
	if err := lease.Check(ctx); err != nil {
		return 0, err
	}
	by := l.by(e.Operation)
	by.Serial, by.Tenant = before, next.Tenant
	entry := state.Entry{Kind: state.Edited, Facts: &state.Facts{By: &by, What: strings.Join(e.Args, " ")}}
	if err := journal.Append(ctx, l.Now().UTC(), entry); err != nil {
		return 0, err
	}
	head := journal.Head()
	next.History = &head
	_, err = l.Store.Write(ctx, next, etag)
	return next.Serial, err
}

// stored reads what an edit is about.
func (l *Loaded) stored(ctx context.Context, e StateChange) (there Stored, etag string, err error) {
	read := l.Store.Read
	if e.Restores {
		read = l.Store.Look
	}
	if there.Document, etag, err = read(ctx); e.Force && errors.Is(err, state.ErrDamaged) {
		etag, there.Damaged, err = l.Store.Damaged(ctx)
	}
	return there, etag, err
}

// journal opens the history behind what a document knows of it, for a run of this
// moment. One that was cut is said, and goes on.
func (l *Loaded) journal(ctx context.Context, d *state.Document) (*state.Journal, error) {
	j, err := l.Store.Journal(ctx, d, uuid.NewString())
	if err == nil && j.Cut {
		l.warn(fmt.Sprintf("entries at the end of the history of %s are missing: run usher history -verify to see where.", l.Store))
	}
	return j, err
}

// Pushed reads a document that is to replace the state: one of the same lineage and
// tenant, and not older.
//
// Lineage says whose descendant a state is, and the serial how old it is. Both are checked
// also where the present state is damaged, as far as its header can still be read.
func (l *Loaded) Pushed(path string, there Stored) (*state.Document, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s: name a copy of the state, such as one that usher state pull printed", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the state to push cannot be read: %w", err)
	}
	d, err := l.Store.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	current, seen := there.Document, there.Damaged
	switch {
	case d.Serial >= math.MaxInt64:
		err = fmt.Errorf("%s has the serial %d, and nothing comes after it", path, d.Serial)
	case seen.Lineage != "" && seen.Lineage != d.Lineage:
		err = fmt.Errorf("%s has the lineage %s, and the damaged state has %s: it is another state", path, d.Lineage, seen.Lineage)
	case seen.Tenant != "" && seen.Tenant != d.Tenant:
		err = fmt.Errorf("%s is about the tenant %s, and the damaged state about %s", path, d.Tenant, seen.Tenant)
	case current == nil:
	case d.Lineage != current.Lineage:
		err = fmt.Errorf("%s has the lineage %s, and the state has %s: it is another state", path, d.Lineage, current.Lineage)
	case d.Tenant != current.Tenant:
		err = fmt.Errorf("%s is about the tenant %s, and the state about %s", path, d.Tenant, current.Tenant)
	case d.Serial < current.Serial:
		err = fmt.Errorf("%s has the serial %d, and the state is at %d already: pull again and repeat the edit", path, d.Serial, current.Serial)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Remove drops records and claims, without changing the tenant.
//
// The tenant keeps what is no longer on record: usher then neither takes it nor counts it as
// its own.
func Remove(d *state.Document, addresses []string) error {
	if d == nil {
		return ErrNoState
	}
	edit := state.NewEdit()
	var problems *multierror.Error
	for _, text := range addresses {
		a := ledger.Address(text)
		records, claims := d.Find(a), d.FindClaim(a)
		switch {
		case isHolder(text) && len(d.FindHolder(text)) > 0:
			if err := removeHolder(d, edit, text); err != nil {
				problems = multierror.Append(problems, err)
			}
		case len(records) > 0:
			i, err := oneOf(records, text, func(i int) string { return d.Grants[i].Holder.ID })
			if err != nil {
				problems = multierror.Append(problems, err)
				continue
			}
			edit.Drop(d.Grants[i].Key())
		case len(claims) > 0:
			i, err := oneOf(claims, text, func(i int) string { return d.Claims.Grants[i].Holder.ID })
			if err != nil {
				problems = multierror.Append(problems, err)
				continue
			}
			d.DropClaim(i)
		default:
			_, err := Records(d, text)
			problems = multierror.Append(problems, err)
		}
	}
	edit.Apply(d)
	return problems.ErrorOrNil()
}

// isHolder reports whether an address names no item, and so stands for all of a holder.
func isHolder(address string) bool { return !strings.Contains(address, ":") }

// removeHolder drops all records of a holder. Two holders of one name are told apart by id.
func removeHolder(d *state.Document, edit *state.Edit, address string) error {
	at := d.FindHolder(address)
	holders := slices.CompactFunc(slices.Clone(at), func(i, j int) bool { return d.Grants[i].Holder.ID == d.Grants[j].Holder.ID })
	if _, err := oneOf(holders, address, func(i int) string { return d.Grants[i].Holder.ID }); err != nil {
		return err
	}
	for _, i := range at {
		edit.Drop(d.Grants[i].Key())
	}
	return nil
}

// Records are the positions of the records of an address, or of all of a holder.
func Records(d *state.Document, address string) ([]int, error) {
	at := d.Find(ledger.Address(address))
	if isHolder(address) {
		at = d.FindHolder(address)
	}
	if len(at) > 0 {
		return at, nil
	}
	if _, _, err := ledger.SplitHolder(address); isHolder(address) && err == nil {
		return nil, fmt.Errorf("the state has nothing of %s: usher state list lists its addresses", address)
	}
	return nil, UnknownAddress(address)
}

// oneOf returns the only position among several, or an error that says how to name it.
func oneOf(at []int, address string, ids func(int) string) (int, error) {
	if len(at) == 1 {
		return at[0], nil
	}
	var all []string
	for _, i := range at {
		all = append(all, ids(i))
	}
	return 0, fmt.Errorf("%d holders have the name in %s: write the id of one instead: %s", len(at), address, strings.Join(all, ", "))
}

// UnknownAddress says that the state has nothing at an address.
func UnknownAddress(address string) error {
	if _, _, _, err := ledger.Address(address).Split(); err != nil {
		return err
	}
	return fmt.Errorf("the state has nothing at %s: usher state list lists its addresses", address)
}
