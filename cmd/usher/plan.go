package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

type planOptions struct {
	inputs
	out      string
	json     bool
	detailed bool
	refresh  bool
	planFlags
}

func newPlan(a *app) *cobra.Command {
	o := &planOptions{}
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what apply would do", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlan(cmd.Context(), a, o) },
	}
	o.inputs.flags(cmd)
	o.planFlags.flags(cmd)
	cmd.Flags().StringVar(&o.out, "out", "", "save the plan in `FILE`, for usher apply FILE")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the plan as JSON")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 2 where there are steps")
	cmd.Flags().Bool("input", true, "as of apply; nothing is asked here")
	cmd.Flags().BoolVar(&o.refresh, "refresh", true, "read people from the tenant; -refresh=false trusts the state")
	return cmd
}

func runPlan(ctx context.Context, a *app, o *planOptions) (err error) {
	c, err := o.choices()
	if err != nil {
		return err
	}
	s, err := a.load(o.inputs)
	if err != nil {
		return err
	}
	s.targets = c.targets
	if err := s.openTenant(); err != nil {
		return err
	}
	defer s.close(&err)
	if err := s.read(ctx, o.refresh); err != nil {
		return err
	}
	p := plan.New(s.input(c))
	if o.json {
		err = p.Encode(a.out)
	} else {
		a.stdout().WithFiles(s.cfg.Files).Plan(p)
		a.stdout().Pace(p, s.cfg.Tenant.Writes)
	}
	if err != nil {
		return err
	}
	if o.out != "" && len(p.Errors()) == 0 {
		if err := s.savePlan(a.path(o.out), p); err != nil {
			return err
		}
	}
	if err := verdict(p); err != nil {
		return err
	}
	switch {
	case o.detailed && p.Waiting():
		return exitWaiting
	case o.detailed && !p.Empty():
		return exitSteps
	}
	return nil
}

// savePlan writes a plan, over an older plan but over nothing else, encrypted
// as the state is.
func (s *session) savePlan(path string, p *plan.Plan) error {
	if !s.a.mayReplace(path) {
		return fmt.Errorf("%s is there and is not a plan, so it is not written over", path)
	}
	var text bytes.Buffer
	if err := p.Encode(&text); err != nil {
		return err
	}
	sealed, err := s.store.Wrap(
		state.Header{Kind: state.PlanKind, Lineage: p.State.Lineage, Serial: p.State.Serial, Tenant: p.Tenant},
		text.Bytes(),
	)
	if err == nil {
		err = atomic.WriteFile(path, bytes.NewReader(sealed))
		if err == nil {
			err = os.Chmod(path, 0o600) // it names people
		}
	}
	if err != nil {
		return fmt.Errorf("the plan cannot be saved: %w", err)
	}
	return nil
}

// mayReplace reports whether there is nothing at a path, or a plan, for
// whomever it is encrypted.
func (a *app) mayReplace(path string) bool {
	text, err := readPlan(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return false
	}
	plain, h, err := (*state.Seal)(nil).Unwrap(text)
	if h != nil {
		return h.Kind == state.PlanKind
	}
	if err == nil {
		_, err = plan.Decode(bytes.NewReader(plain))
	}
	return err == nil
}

// readPlan reads a file that is one: a pipe or a device may never end.
func readPlan(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// openPlan reads a plan. One that is encrypted needs no configuration, and the
// key of the environment.
func (a *app) openPlan(path string) (*plan.Plan, error) {
	text, err := readPlan(path)
	if err != nil {
		return nil, fmt.Errorf("the plan cannot be read: %w", err)
	}
	keys, err := a.keys()
	if err != nil {
		return nil, err
	}
	seal, err := state.NewSeal(nil, keys)
	if err != nil {
		return nil, err
	}
	plain, h, err := seal.Unwrap(text)
	if h != nil && h.Kind != state.PlanKind {
		return nil, fmt.Errorf("%s: it is encrypted, and is not a plan", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p, err := plan.Decode(bytes.NewReader(plain))
	if err != nil {
		hint := ""
		if errors.Is(err, plan.ErrFormat) {
			hint = "; make it again with usher plan -out=FILE"
		}
		return nil, fmt.Errorf("%s: %w%s", path, err, hint)
	}
	return p, nil
}
