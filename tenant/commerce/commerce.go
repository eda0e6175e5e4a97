// Package commerce is usher's client of the purchase service: which products
// people may buy by themselves.
//
// It changes a policy and never a purchase: nothing here buys or cancels.
package commerce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

const policies = "/v1.0/policies/AllowSelfServicePurchase/products"

// Permissions of an application, of the resource M365 License Manager. Source: Microsoft's
// configuration tool Microsoft365DSC, MSFT_CommerceSelfServicePurchase.
const (
	ReadPermission  = "Policy.Read.AllowSelfServicePurchase"
	WritePermission = "Policy.ReadWrite.AllowSelfServicePurchase"
)

// Client talks to one tenant.
type Client struct{ w *wire.Client }

// New makes a client on a pipeline whose base is the purchase service's host.
func New(w *wire.Client) *Client { return &Client{w} }

type product struct {
	ID     string `json:"productId"`
	Name   string `json:"productName"`
	Policy string `json:"policyValue"`
}

// Shape implements wire.Shaped.
func (p *product) Shape() error {
	if p.ID == "" || p.Policy == "" {
		return errors.New("a product has no id or no policy")
	}
	return nil
}

type products struct {
	Items wire.List[product] `json:"items"`
}

// Shape implements wire.Shaped.
func (p *products) Shape() error { return p.Items.Shape() }

// Policies lists the products that people can buy by themselves, each with the
// policy that it has.
func (c *Client) Policies(ctx context.Context) ([]ledger.Grant, error) {
	var page products
	if err := c.w.Get(ctx, policies, &page); err != nil {
		return nil, errors.New(explain(err))
	}
	var all []ledger.Grant
	for _, p := range page.Items {
		h := ledger.Holder{Kind: ledger.SelfService, ID: p.ID, Name: cmp.Or(p.Name, p.ID)}
		all = append(all, ledger.Grant{Holder: h, Item: ledger.PolicyItem(), Value: ledger.Value{Units: 1, Policy: p.Policy}})
	}
	return all, nil
}

// Set runs one call: it gives a product its policy. Repeating it does no harm.
func (c *Client) Set(ctx context.Context, call ledger.Call) ledger.Result {
	want := call.Steps[0].After.Policy
	var now product
	err := c.w.JSON(ctx, http.MethodPut, policies+"/"+url.PathEscape(call.Holder.ID), map[string]string{"policyValue": want}, &now)
	if err == nil && now.Policy != want {
		err = fmt.Errorf("the service answers that the policy is %.50q", now.Policy)
	}
	var refused *wire.Error
	switch {
	case err == nil:
		return ledger.Result{Call: call, Outcome: ledger.Done}
	case errors.As(err, &refused) && !refused.Ambiguous():
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
	}
	return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err)}
}

func explain(err error) string {
	return wire.Explain(err, "the permission "+ReadPermission+" of M365 License Manager to see the rules of self-service purchases, and "+
		WritePermission+" to change them; a person needs the role Billing Administrator, or Global Reader to see them")
}
