package tenant

import (
	"context"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// LastSignIn is when a person was last signed in; false where nobody can tell, or nobody knows of
// any.
func (t *Tenant) LastSignIn(ctx context.Context, who ledger.Holder) (time.Time, bool) {
	last, err := t.graph.SignIn(ctx, who.ID)
	return last.SignIn, err == nil && !last.SignIn.IsZero()
}

// Activity reads when people last used what they have: sign-ins, and the report of the services
// of Microsoft 365. Each can be missing for itself, and then nobody can say that a person was idle
// by it.
func (t *Tenant) Activity(ctx context.Context, r *Reading) ledger.Activity {
	a := ledger.Activity{}
	var err error
	if a.People, err = t.graph.SignIns(ctx); err != nil {
		a.SignIns = wire.Explain(err, "the application permission AuditLog.Read.All, and Microsoft Entra ID P1 in the tenant")
		if a.People, err = t.graph.Ages(ctx); err != nil { // then nothing is known of anybody
			a.People = nil
		}
	}
	report, err := t.graph.Uses(ctx)
	if err != nil {
		a.Reports = wire.Explain(err, "the application permission Reports.Read.All")
		return a
	}
	found := 0
	for i := range r.holders {
		h := &r.holders[i]
		use, reported := report.Uses[strings.ToLower(h.Name)]
		if h.Kind != ledger.User || !reported {
			continue
		}
		found++
		if last, known := a.People[h.ID]; known {
			last.Service, last.Used = use.Service, use.Day
			a.People[h.ID] = last
		}
	}
	if a.Reported = report.Refreshed; found == 0 && len(report.Uses) > 0 {
		a.Reported, a.Reports = "", "the names in it are concealed. Microsoft 365 admin centre, Settings, Org settings, Reports shows them"
	}
	return a
}
