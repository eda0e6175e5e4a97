package tenant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// dataPolicy is a data policy of the Power Platform: a flow that breaks one is suspended. Source:
// Microsoft's terraform-provider-power-platform, which reads the same route.
type dataPolicy struct {
	Definition struct {
		Name         string        `json:"displayName"`
		Where        string        `json:"environmentType"`
		Environments []policyPlace `json:"environments"`
	} `json:"policyDefinition"`
}

// policyPlace is an environment that a policy names.
type policyPlace struct {
	ID string `json:"name"`
}

// appliesTo reports whether the policy is about an environment.
func (p dataPolicy) appliesTo(environment string) bool {
	named := slices.ContainsFunc(p.Definition.Environments, func(e policyPlace) bool { return strings.EqualFold(e.ID, environment) })
	switch p.Definition.Where {
	case "AllEnvironments":
		return true
	case "OnlyEnvironments":
		return named
	case "ExceptEnvironments":
		return !named
	}
	return false
}

// namePolicies names, for flows that a data policy suspends, the policies that their environment
// has. It only serves a better message, so that nothing is said where nobody may read them.
func (t *Tenant) namePolicies(ctx context.Context, r *Reading) {
	if !slices.ContainsFunc(r.Flows, func(f ledger.FlowFact) bool { return f.Suspended }) {
		return
	}
	var all []dataPolicy
	_, err := t.administration(func(w *wire.Client) (err error) {
		all, err = wire.All[dataPolicy](ctx, w, "/providers/PowerPlatform.Governance/v2/policies")
		return err
	})
	if err != nil {
		return
	}
	for i := range r.Flows {
		f := &r.Flows[i]
		for _, p := range all {
			if name := wire.Tidy(p.Definition.Name); f.Suspended && name != "" && p.appliesTo(f.Flow.EnvironmentID()) {
				f.Policies = append(f.Policies, name)
			}
		}
		slices.Sort(f.Policies)
	}
}

// administration asks the older administration API by the first scope that the login service and
// the API take, and returns it.
func (t *Tenant) administration(ask func(*wire.Client) error) (scope string, err error) {
	for _, road := range t.services.admin {
		err = ask(road.client)
		var e *wire.Error
		if errors.As(err, &e) && (e.Status == 0 || e.Status == http.StatusUnauthorized) {
			continue // this scope is not the one
		}
		return road.scope, err
	}
	return "", err
}
