package graph

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// accountActivity is an account with its sign-ins. Source: Microsoft Graph, signInActivity.
type accountActivity struct {
	ID      string    `json:"id"`
	Created time.Time `json:"createdDateTime"`
	States  []struct {
		SKU     string     `json:"skuId"`
		Updated *time.Time `json:"lastUpdatedDateTime"`
	} `json:"licenseAssignmentStates"`
	SignIn *struct {
		Success        *time.Time `json:"lastSuccessfulSignInDateTime"`
		Try            *time.Time `json:"lastSignInDateTime"` // which may have failed
		NonInteractive *time.Time `json:"lastNonInteractiveSignInDateTime"`
	} `json:"signInActivity"`
}

// Shape implements wire.Shaped.
func (a *accountActivity) Shape() error { return hasID(a.ID) }

// SignIns reads when each account was last signed in to, by its id. It needs the permissions
// AuditLog.Read.All and User.Read.All, and Microsoft Entra ID P1 in the tenant.
//
// The time of a success exists since December 2023, and not in every cloud. Where no account has
// one, that of any try counts: somebody may look alive who is not, and not the other way round.
func (c *Client) SignIns(ctx context.Context) (map[string]ledger.LastUse, error) {
	successes, tries := map[string]ledger.LastUse{}, map[string]ledger.LastUse{}
	known := false
	err := wire.Each(ctx, c.w, "/v1.0/users"+activitySelect+"&$top=500", func(page []accountActivity) {
		for _, a := range page {
			success, try := a.uses()
			successes[strings.ToLower(a.ID)], tries[strings.ToLower(a.ID)] = success, try
			known = known || !success.SignIn.IsZero()
		}
	})
	if !known {
		successes = tries
	}
	return successes, err
}

// Ages reads when each account was made, and when its licenses were given or changed, for a tenant
// that tells nothing of sign-ins. User.Read.All is enough.
func (c *Client) Ages(ctx context.Context) (map[string]ledger.LastUse, error) {
	all := map[string]ledger.LastUse{}
	err := wire.Each(ctx, c.w, "/v1.0/users?$select=id,createdDateTime,licenseAssignmentStates&$top=999", func(page []accountActivity) {
		for _, a := range page {
			last, _ := a.uses()
			last.Known = false
			all[strings.ToLower(a.ID)] = last
		}
	})
	return all, err
}

const activitySelect = "?$select=id,createdDateTime,signInActivity,licenseAssignmentStates"

// SignIn reads when one account, by its id, was last signed in to.
func (c *Client) SignIn(ctx context.Context, id string) (ledger.LastUse, error) {
	var a accountActivity
	if err := c.w.Get(ctx, "/v1.0/users/"+url.PathEscape(id)+activitySelect, &a); err != nil {
		return ledger.LastUse{}, err
	}
	success, _ := a.uses() // where a cloud tells of tries only, nobody knows
	return success, nil
}

// uses are what an account tells by sign-ins that succeeded, and by any try.
func (a *accountActivity) uses() (success, try ledger.LastUse) {
	success = ledger.LastUse{Created: a.Created, Known: true, Given: map[string]time.Time{}}
	for _, s := range a.States {
		if item, at := strings.ToLower(s.SKU), momentOf(s.Updated); at.After(success.Given[item]) {
			success.Given[item] = at
		}
	}
	try = success
	if a.SignIn == nil {
		return success, try
	}
	success.SignIn = momentOf(a.SignIn.Success)
	for _, at := range []*time.Time{a.SignIn.Success, a.SignIn.Try, a.SignIn.NonInteractive} {
		if t := momentOf(at); t.After(try.SignIn) {
			try.SignIn = t
		}
	}
	return success, try
}

// momentOf is a time of an answer. The service writes the first year for never.
func momentOf(t *time.Time) time.Time {
	if t == nil || t.Year() < 2000 {
		return time.Time{}
	}
	return *t
}

// Use is the last use of a service by somebody.
type Use struct {
	Service string
	Day     time.Time
}

// UseReport is the report of active users.
type UseReport struct {
	Refreshed string         // the day up to which it tells, as YYYY-MM-DD
	Uses      map[string]Use // by user principal name, in lower case; without a day for none in 180 days
}

// Uses reads the last use of the services of Microsoft 365 by each person, of the last 180 days. It
// needs the permission Reports.Read.All. The names may be pseudonyms.
// Source: Microsoft Graph, reportRoot: getOffice365ActiveUserDetail.
func (c *Client) Uses(ctx context.Context) (UseReport, error) {
	text, err := c.w.Download(ctx, "/v1.0/reports/getOffice365ActiveUserDetail(period='D180')")
	if err != nil {
		return UseReport{}, err
	}
	return readUses(text)
}

const lastActivity = " Last Activity Date"

// reportColumns are the columns of the report, which are found by their headings.
type reportColumns struct {
	name, refreshed int
	services        map[int]string // by their columns
}

func reportColumnsOf(head []string) (reportColumns, error) {
	c := reportColumns{-1, -1, map[int]string{}}
	for i, h := range head {
		switch service, is := strings.CutSuffix(h, lastActivity); {
		case h == "User Principal Name":
			c.name = i
		case h == "Report Refresh Date":
			c.refreshed = i
		case is:
			c.services[i] = service
		}
	}
	if c.name < 0 || c.refreshed < 0 || len(c.services) == 0 {
		return c, errors.New("the report of active users has other columns than usher knows")
	}
	return c, nil
}

// last is the last use in a row. Of two on one day, the first by name counts.
func (c reportColumns) last(row []string) Use {
	var last Use
	for i, service := range c.services {
		day, err := time.Parse(time.DateOnly, row[i])
		if err == nil && (day.After(last.Day) || day.Equal(last.Day) && service < last.Service) {
			last = Use{service, day}
		}
	}
	return last
}

// readUses reads the report.
func readUses(text []byte) (UseReport, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	head, err := r.Read()
	if err != nil {
		return UseReport{}, errors.New("the report of active users is no table")
	}
	columns, err := reportColumnsOf(head)
	if err != nil {
		return UseReport{}, err
	}
	all := UseReport{Uses: map[string]Use{}}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, fmt.Errorf("the report of active users breaks off: %w", err)
		}
		all.Uses[strings.ToLower(row[columns.name])] = columns.last(row)
		all.Refreshed = max(all.Refreshed, row[columns.refreshed])
	}
}
