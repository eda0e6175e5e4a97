package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

type stateOptions struct {
	inputs
	lockTimeout time.Duration
	plain       bool
	force       bool
}

func newState(a *app) *cobra.Command {
	o := &stateOptions{}
	cmd := parent("state", "Look into the state, and correct it")
	add := func(use, short string, args cobra.PositionalArgs, run func(context.Context, *session, []string) error) *cobra.Command {
		sub := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.loadSettings(o.inputs)
			if err != nil {
				return err
			}
			return politely(cmd.Context(), func(ctx context.Context) error { return run(ctx, s, args) })
		}}
		o.flags(sub)
		sub.Flags().DurationVar(&o.lockTimeout, "lock-timeout", 0, "how long to wait for the state's lock")
		cmd.AddCommand(sub)
		return sub
	}
	add("list", "List the addresses that usher manages", noArgs, runStateList)
	add("show ADDRESS", "Show one record", argCount(1, 1), runStateShow)
	add("pull", "Print the state", noArgs, runStatePull)
	push := add("push FILE", "Replace the state by a newer version of itself", argCount(1, 1),
		func(ctx context.Context, s *session, args []string) error {
			s.force, s.restores = o.force, true
			return s.edit(ctx, "state push", args, o.lockTimeout, func(d *state.Document) (*state.Document, error) {
				return s.pushed(s.a.path(args[0]), d)
			})
		})
	push.Flags().BoolVar(&o.force, "force", false, "also in the place of a state that is damaged")
	add("rm ADDRESS...", "Let go of grants without changing them in the tenant", argCount(1, 1000),
		func(ctx context.Context, s *session, args []string) error {
			return s.edit(ctx, "state rm", args, o.lockTimeout, func(d *state.Document) (*state.Document, error) { return d, s.remove(d, args) })
		})
	add("confirm ADDRESS...", "Confirm a step by hand, or adopt a grant that an interrupted run may have given", argCount(1, 1000),
		func(ctx context.Context, s *session, args []string) error {
			confirm := func(d *state.Document) (*state.Document, error) { return d, s.confirm(d, args) }
			return s.edit(ctx, "state confirm", args, o.lockTimeout, confirm)
		})
	add("lock-info", "Show the holder of the state's lock", noArgs, runLockInfo)
	add("init", "Prepare a store for its first use, such as its tables", noArgs, runStateInit)
	rewrite := add("rewrite", "Write the state again, for the recipients of the encryption block", noArgs, runStateRewrite(o))
	rewrite.Flags().BoolVar(&o.plain, "plain", false, "end the encryption: the configuration has no encryption block any more")
	cmd.AddCommand(newMigrate(a))
	return cmd
}

// errNoState is what commands say that need one.
var errNoState = errors.New("there is no state yet: the first usher apply makes it")

func (s *session) document(ctx context.Context) (*state.Document, error) {
	d, _, err := s.store.Read(ctx)
	if err == nil && d == nil {
		err = errNoState
	}
	return d, err
}

func runStateList(ctx context.Context, s *session, _ []string) error {
	d, err := s.document(ctx)
	if err != nil {
		return err
	}
	s.a.stdout().StateList(d)
	return nil
}

func runStateShow(ctx context.Context, s *session, args []string) error {
	d, err := s.document(ctx)
	if err != nil {
		return err
	}
	at := d.Find(ledger.Address(args[0]))
	if len(at) == 0 {
		return unknownAddress(args[0])
	}
	for _, i := range at {
		s.a.stdout().StateShow(d.Grants[i])
	}
	return nil
}

// one returns the only position among several, or an error that says how to
// name it.
func one(at []int, address string, ids func(int) string) (int, error) {
	if len(at) == 1 {
		return at[0], nil
	}
	var all []string
	for _, i := range at {
		all = append(all, ids(i))
	}
	return 0, fmt.Errorf("%d holders have the name in %s: write the id of one instead: %s", len(at), address, strings.Join(all, ", "))
}

func unknownAddress(address string) error {
	if _, _, _, err := ledger.Address(address).Split(); err != nil {
		return err
	}
	return fmt.Errorf("the state has nothing at %s: usher state list lists its addresses", address)
}

func runStatePull(ctx context.Context, s *session, _ []string) error {
	d, err := s.document(ctx)
	if err != nil {
		return err
	}
	_, err = s.a.out.Write(ledger.EscapeJSON(d.Encode()))
	return err
}

// stateChange makes the document that is to be written of the one that is there.
type stateChange func(*state.Document) (*state.Document, error)

// edit changes the state under its lock. change gets nil where there is no
// state yet, and returns what to write. What was done is put into the history.
func (s *session) edit(ctx context.Context, operation string, args []string, timeout time.Duration, change stateChange) (err error) {
	lease, err := s.lock(ctx, operation, timeout)
	if err != nil {
		return err
	}
	defer s.release(lease, &err)
	serial := uint64(0)
	read := s.store.Read
	if s.restores {
		read = s.store.Look
	}
	if s.doc, s.etag, err = read(ctx); s.force && errors.Is(err, state.ErrDamaged) {
		s.etag, s.seen, err = s.store.Damaged(ctx)
		serial = s.seen.Serial
	}
	if err != nil {
		return err
	}
	if s.doc != nil {
		serial = s.doc.Serial
	}
	next, err := change(s.doc)
	if err != nil {
		return err
	}
	knows := s.doc
	if knows == nil { // of the history, what is put in the place of nothing
		knows = next
	}
	journal, err := s.journal(ctx, knows)
	if err != nil {
		return err
	}
	next.Detach()
	next.Serial = max(next.Serial, serial) // a store may take each serial once
	if err := lease.Check(ctx); err != nil {
		return err
	}
	by := s.a.by(operation)
	by.Serial, by.Tenant = serial, next.Tenant
	entry := state.Entry{Kind: state.Edited, Facts: &state.Facts{By: &by, What: strings.Join(args, " ")}}
	if err := journal.Append(ctx, s.a.now().UTC(), entry); err != nil {
		return err
	}
	head := journal.Head()
	next.History = &head
	if _, err = s.store.Write(ctx, next, s.etag); err == nil {
		s.a.stdout().Line("The state is at serial %d.", next.Serial)
	}
	return err
}

// pushed reads a document that is to replace the state: one of the same
// lineage and tenant, and not older.
func (s *session) pushed(path string, current *state.Document) (*state.Document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the state to push cannot be read: %w", err)
	}
	d, err := s.store.Decode(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case d.Serial >= math.MaxInt64:
		return nil, fmt.Errorf("%s has the serial %d, and nothing comes after it", path, d.Serial)
	case s.seen.Lineage != "" && s.seen.Lineage != d.Lineage:
		return nil, fmt.Errorf("%s has the lineage %s, and the damaged state has %s: it is another state", path, d.Lineage, s.seen.Lineage)
	case s.seen.Tenant != "" && s.seen.Tenant != d.Tenant:
		return nil, fmt.Errorf("%s is about the tenant %s, and the damaged state about %s", path, d.Tenant, s.seen.Tenant)
	case current == nil:
		return d, nil
	case d.Lineage != current.Lineage:
		return nil, fmt.Errorf("%s has the lineage %s, and the state has %s: it is another state", path, d.Lineage, current.Lineage)
	case d.Tenant != current.Tenant:
		return nil, fmt.Errorf("%s is about the tenant %s, and the state about %s", path, d.Tenant, current.Tenant)
	case d.Serial < current.Serial:
		return nil, fmt.Errorf(
			"%s has the serial %d, and the state is at %d already: pull again and repeat the edit",
			path,
			d.Serial,
			current.Serial,
		)
	}
	return d, nil
}

func (s *session) remove(d *state.Document, addresses []string) error {
	if d == nil {
		return errNoState
	}
	edit := state.NewEdit()
	var problems *multierror.Error
	for _, text := range addresses {
		a := ledger.Address(text)
		records, claims := d.Find(a), d.FindClaim(a)
		switch {
		case len(records) > 0:
			i, err := one(records, text, func(i int) string { return d.Grants[i].Holder.ID })
			if err != nil {
				problems = multierror.Append(problems, err)
				continue
			}
			edit.Drop(d.Grants[i].Key())
		case len(claims) > 0:
			i, err := one(claims, text, func(i int) string { return d.Claims.Grants[i].Holder.ID })
			if err != nil {
				problems = multierror.Append(problems, err)
				continue
			}
			d.DropClaim(i)
		default:
			problems = multierror.Append(problems, unknownAddress(text))
		}
	}
	edit.Apply(d)
	return problems.ErrorOrNil()
}
