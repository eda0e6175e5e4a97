package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
)

type explainOptions struct {
	inputs
	format
	me bool
}

func newExplain(a *app) *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use: "explain [WHO]", Short: "Show where a person, a group, an environment, a flow or a machine has everything from",
		Args: argCount(0, 1), ValidArgsFunction: a.suggestAddresses(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExplain(cmd.Context(), a, o, strings.Join(args, ""))
		},
	}
	cmd.Flags().BoolVar(&o.me, "me", false, "explain the person who is signed in, such as by az login")
	o.tenant(cmd)
	o.formatFlag(cmd, "the explanation")
	a.redactFlag(cmd)
	return cmd
}

func runExplain(ctx context.Context, a *app, o *explainOptions, who string) (err error) {
	a.documents = o.isJSON()
	switch named := strings.TrimSpace(who) != ""; {
	case named && o.me:
		return errors.New("-me stands for a name: write one of the two")
	case !named && !o.me:
		return errors.New("write usher explain WHO: a name, such as ada@contoso.com, or an address, such as environment/production")
	}
	meant := engine.Meant(who)
	if kind, _, isAddress := strings.Cut(who, "/"); isAddress && slices.Contains(ledger.Kinds(), ledger.HolderKind(kind)) {
		h, err := ledger.ParseHolder(holderOf(who))
		if err != nil {
			return err
		}
		meant = []ledger.Holder{h}
	}
	if o.me {
		meant = nil
	}
	units := func(h ledger.Holder) bool { return h.Kind.Holds() == ledger.Capacity } // for a person, nobody needs rights to environments
	p, err := a.look(ctx, o.inputs, engine.Access{},
		engine.Scope{Everything: slices.ContainsFunc(meant, units), GroupNames: true, Targets: meant})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	if o.me {
		if meant, err = p.Me(ctx); err != nil {
			return err
		}
	}
	e, err := p.Explain(ctx, meant)
	if err != nil {
		return err
	}
	have := p.Reading.Have
	if err := a.show(o.format, a.words().Explanation(have, e)); err != nil {
		return err
	}
	if len(have.Unread) > 0 {
		return exitPartial
	}
	return nil
}
