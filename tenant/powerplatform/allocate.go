package powerplatform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// see remembers what a reading showed.
func (c *Client) see(environment string, row allocations) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[environment] = values(row)
}

func values(row allocations) map[string]int64 {
	all := map[string]int64{}
	for _, a := range row.Currencies {
		all[a.Currency] = int64(a.Allocated)
	}
	return all
}

// errChanged means that an environment is no longer as it was planned. The
// service has no versions to write against, so it is read once more instead.
var errChanged = errors.New("somebody changed it since it was read: plan again")

// Allocate runs one call for one environment. The numbers are absolute, so
// that repeating it, as the pipeline does after a lost answer, does no harm.
func (c *Client) Allocate(ctx context.Context, call ledger.Call) ledger.Result {
	err := c.unchanged(ctx, call)
	if err == nil {
		err = c.write(ctx, call)
	} else if !errors.Is(err, errChanged) {
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: "it could not be read before it is written: " + Explain(err)}
	}
	var refused *wire.Error
	switch {
	case err == nil:
		return ledger.Result{Call: call, Outcome: ledger.Done}
	case errors.Is(err, errChanged), errors.As(err, &refused) && !refused.Ambiguous():
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: Explain(err)}
	}
	return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: Explain(err)}
}

// unchanged compares an environment with what the call starts from. Readings
// lag behind writes: one that shows just what it showed before proves nothing.
func (c *Client) unchanged(ctx context.Context, call ledger.Call) error {
	row, err := c.allocation(ctx, call.Holder.ID)
	if err != nil {
		return err
	}
	now := values(row)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range call.Steps {
		have := now[s.Item.ID]
		if have != s.Before.Amount() && have != s.After.Amount() && have != c.seen[call.Holder.ID][s.Item.ID] {
			return fmt.Errorf("it is allocated %d of %s, and %d were expected: %w", have, s.Item.Name, s.Before.Amount(), errChanged)
		}
	}
	return nil
}

func (c *Client) write(ctx context.Context, call ledger.Call) error {
	if catalog.InDocument(call.Steps[0].Item.ID) {
		return c.putDocument(ctx, call)
	}
	body := allocations{Currencies: []allocation{}}
	for _, s := range call.Steps {
		body.Currencies = append(body.Currencies, allocation{Currency: s.Item.ID, Allocated: wire.Count(s.After.Amount())})
	}
	answer, err := c.patch(ctx, call.Holder.ID, body)
	if err != nil {
		return err
	}
	now := values(answer)
	for _, s := range call.Steps {
		if have := now[s.Item.ID]; have != s.After.Amount() {
			return fmt.Errorf("the service answers that it is allocated %d of %s, and %d were written", have, s.Item.Name, s.After.Amount())
		}
	}
	return nil
}

// patch writes what an environment is allocated, by the first route, or by the other one where
// that does not serve the environment.
func (c *Client) patch(ctx context.Context, id string, body allocations) (allocations, error) {
	var answer allocations
	if !c.isNewer(id) {
		err := c.w.JSON(ctx, http.MethodPatch, c.allocationPath(id), body, &answer)
		if !legacy(err) {
			return answer, err
		}
		c.noteNewer(id)
	}
	now, err := c.document(ctx, id)
	if err != nil {
		return answer, err
	}
	written := func(currency string) bool {
		return slices.ContainsFunc(body.Currencies, func(a allocation) bool { return a.Currency == currency })
	}
	if err := c.complete(id, now, written); err != nil {
		return answer, err
	}
	whole := document{Environment: c.spelling(id)}
	for _, row := range body.Currencies { // an entry is replaced as a whole, so its rules are written back
		rules := []json.RawMessage{}
		for _, have := range now.Currencies {
			if have.Currency == row.Currency {
				rules = append(rules, have.Rules...)
			}
		}
		whole.Currencies = append(whole.Currencies, documentRow{Currency: row.Currency, Allocated: row.Allocated, Rules: rules})
	}
	answer = allocations{}
	return answer, c.w.JSON(ctx, http.MethodPatch, "/licensing/allocationsByEnvironment?"+version, whole, &answer)
}

// operation is what the service says of a document that was written.
type operation struct {
	Failed *bool `json:"isErrorResult"`
}

// Shape implements wire.Shaped.
func (o *operation) Shape() error {
	if o.Failed == nil || *o.Failed {
		return errors.New("it does not say that the document was written")
	}
	return nil
}

// document is the allocations document of an environment, with what others put
// into it.
type document struct {
	Environment string                 `json:"environmentId,omitempty"`
	Currencies  wire.List[documentRow] `json:"currencyAllocations"`
}

type documentRow struct {
	Currency  string            `json:"currencyType"`
	Allocated wire.Count        `json:"allocated"`
	Auto      wire.Count        `json:"autoAllocated,omitempty"` // what the platform gave by itself
	Rules     []json.RawMessage `json:"enforcementRules"`
}

// Shape implements wire.Shaped. What it lacks would be lost as it is written back.
func (d *document) Shape() error {
	if d.Currencies == nil {
		return errors.New("the allocations document has no list of currencies")
	}
	return onlyOnce(d.Currencies, func(row documentRow) string { return row.Currency })
}

// complete refuses a document that lacks a type which a reading showed in it: what is written
// back would take it away for good, with its rules.
func (c *Client) complete(environment string, now document, about func(currency string) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for currency, units := range c.seen[environment] {
		there := slices.ContainsFunc(now.Currencies, func(r documentRow) bool { return r.Currency == currency })
		if about(currency) && units > 0 && !there {
			return fmt.Errorf("its allocations document does not have its %s any more: %w", c.name(currency), errChanged)
		}
	}
	return nil
}

type entitlement struct {
	ID         string `json:"entitlementId"`
	Allocation struct {
		Quantity float64 `json:"quantity"`
		Auto     float64 `json:"autoAllocated"`
		Unit     string  `json:"unit"`
	} `json:"allocation"`
	Rules []json.RawMessage `json:"enforcementRules"` // as they are, whatever is in them
}

// document reads the allocations document of an environment; one that was never written is empty.
func (c *Client) document(ctx context.Context, id string) (document, error) {
	var now document
	if err := c.w.Get(ctx, c.documentPath(id), &now); err != nil && !noDocument(err) {
		return now, fmt.Errorf("its allocations document could not be read: %w", err)
	}
	return now, nil
}

// putDocument writes the allocations document of an environment. The service
// replaces the whole of it, so everything that others put into it, rules
// included, is read first and written back.
func (c *Client) putDocument(ctx context.Context, call ledger.Call) error {
	now, err := c.document(ctx, call.Holder.ID)
	if err != nil {
		return err
	}
	if err := c.complete(call.Holder.ID, now, catalog.InDocument); err != nil {
		return err
	}
	wanted := map[string]int64{}
	for _, s := range call.Steps {
		wanted[s.Item.ID] = s.After.Amount()
	}
	var body struct {
		Scope struct {
			Environment string `json:"environmentId"`
		} `json:"scope"`
		Entitlements []entitlement `json:"allocatedEntitlements"`
	}
	body.Scope.Environment = c.spelling(call.Holder.ID)
	for _, a := range now.Currencies {
		if !catalog.InDocument(a.Currency) {
			continue
		}
		if n, ours := wanted[a.Currency]; ours {
			a.Allocated = wire.Count(n)
			delete(wanted, a.Currency)
		} else if n, ours := c.wrote(call.Holder.ID, a.Currency); ours { // which the reading may not show yet
			a.Allocated = wire.Count(n)
		}
		body.Entitlements = append(body.Entitlements, entitled(a.Currency, int64(a.Allocated), int64(a.Auto), a.Rules))
	}
	for _, s := range call.Steps {
		if n, open := wanted[s.Item.ID]; open {
			body.Entitlements = append(body.Entitlements, entitled(s.Item.ID, n, 0, nil))
		}
	}
	if err := c.w.JSON(ctx, http.MethodPut, "/licensing/allocationsV2?"+version, body, &operation{}); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range call.Steps {
		c.written[call.Holder.ID+"/"+s.Item.ID] = s.After.Amount()
	}
	return nil
}

// wrote returns what this run wrote into a document.
func (c *Client) wrote(environment, currency string) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ours := c.written[environment+"/"+currency]
	return n, ours
}

func entitled(currency string, n, auto int64, rules []json.RawMessage) entitlement {
	e := entitlement{ID: currency, Rules: append([]json.RawMessage{}, rules...)} // never null
	e.Allocation.Quantity, e.Allocation.Auto, e.Allocation.Unit = float64(n), float64(auto), "Count"
	return e
}
