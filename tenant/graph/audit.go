package graph

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// ErrNoLog means that the identity may not read the log of the directory, or that the tenant
// gives it to nobody.
var ErrNoLog = errors.New("the log of the directory cannot be read: that needs the permission AuditLog.Read.All")

// auditRow is an entry of the log. Source: the reference of directoryAudit.
type auditRow struct {
	At          time.Time `json:"activityDateTime"`
	Activity    string    `json:"activityDisplayName"`
	Correlation string    `json:"correlationId"`
	Result      string    `json:"result"`
	By          struct {
		User *struct {
			ID   string `json:"id"`
			Name string `json:"userPrincipalName"`
		} `json:"user"`
		App *struct {
			AppID     string `json:"appId"`
			Principal string `json:"servicePrincipalId"`
			Name      string `json:"displayName"`
		} `json:"app"`
	} `json:"initiatedBy"`
	Targets []struct {
		ID         string `json:"id"`
		Type       string `json:"type"`
		Properties []struct {
			Name string `json:"displayName"`
			Old  string `json:"oldValue"`
			New  string `json:"newValue"`
		} `json:"modifiedProperties"`
	} `json:"targetResources"`
	Details []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"additionalDetails"`
}

// Audits lists who changed licenses of people since a moment, the oldest first. An entry
// that the service cut short is left out: half a list of licenses would tell of removals
// that nobody made.
//
// Some tenants refuse a filter by date. The log is read as a whole then, and filtered here.
func (c *Client) Audits(ctx context.Context, since time.Time) ([]ledger.Audit, error) {
	const category = "category eq 'UserManagement'"
	var rows []auditRow
	read := func(filter string) error {
		rows = nil
		path := "/v1.0/auditLogs/directoryAudits?$filter=" + url.QueryEscape(filter) + "&$top=500"
		return wire.Each(ctx, c.w, path, func(some []auditRow) { rows = append(rows, some...) })
	}
	err := read("activityDateTime ge " + since.UTC().Format(time.RFC3339) + " and " + category)
	if isStatus(err, http.StatusBadRequest) {
		err = read(category)
	}
	switch {
	case isStatus(err, http.StatusForbidden), isStatus(err, http.StatusUnauthorized):
		return nil, ErrNoLog
	case err != nil:
		return nil, err
	}
	return auditsOf(rows, since), nil
}

// auditsOf are what entries since a moment tell, the oldest first.
func auditsOf(rows []auditRow, since time.Time) []ledger.Audit {
	var all []ledger.Audit
	for of, moment := range moments(rows, since) {
		all = append(all, audits(of.person, moment)...)
	}
	slices.SortFunc(all, func(a, b ledger.Audit) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Person+a.Item+string(a.Op), b.Person+b.Item+string(b.Op)))
	})
	return all
}

// moment is what happened to one person in one operation. An operation on many people has
// one correlation for all of them.
type moment struct{ correlation, person string }

func moments(rows []auditRow, since time.Time) map[moment][]auditRow {
	all := map[moment][]auditRow{}
	for _, r := range rows {
		of := moment{r.Correlation, r.person()}
		if !r.At.Before(since) && !strings.EqualFold(r.Result, "failure") && of.person != "" {
			all[of] = append(all[of], r)
		}
	}
	return all
}

// person is the id of the person that an entry is about; "" where it is about none.
func (r auditRow) person() string {
	for _, target := range r.Targets {
		if target.Type == "User" {
			return strings.ToLower(target.ID)
		}
	}
	return ""
}

func isStatus(err error, status int) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Status == status
}

// audits are what the entries of one moment tell. The service writes of licenses in one of
// three ways: in the entry itself, in the entry "Update user" beside it, or in pieces.
func audits(person string, moment []auditRow) []ledger.Audit {
	at := slices.IndexFunc(moment, func(r auditRow) bool { return r.Activity == "Change user license" })
	if at < 0 {
		return nil
	}
	before, after, found := licensesIn(moment)
	if !found {
		return nil
	}
	a := ledger.Audit{At: moment[at].At.UTC(), Person: person}
	switch by := moment[at].By; {
	case by.User != nil && by.User.Name != "":
		a.By, a.ByID = by.User.Name, by.User.ID
	case by.App != nil:
		a.By, a.ByID, a.App = by.App.Name, cmp.Or(by.App.AppID, by.App.Principal), true
	}
	var all []ledger.Audit
	tell := func(item string, op ledger.Op) {
		a.Item, a.Op = item, op
		all = append(all, a)
	}
	for item, off := range after {
		if was, had := before[item]; !had {
			tell(item, ledger.Add)
		} else if was != off {
			tell(item, ledger.Change)
		}
	}
	for item := range before {
		if _, has := after[item]; !has {
			tell(item, ledger.Remove)
		}
	}
	return all
}

// licensesIn finds the licenses before and after, each with its service plans that are off.
// A value that is missing, or null, is an empty list.
func licensesIn(moment []auditRow) (before, after map[string]string, found bool) {
	for _, r := range moment {
		for _, target := range r.Targets {
			for _, p := range target.Properties {
				if p.Name == "AssignedLicense" && p.Old+p.New != "" {
					var was, is []string
					if json.Unmarshal([]byte(cmp.Or(p.Old, "null")), &was) != nil || json.Unmarshal([]byte(cmp.Or(p.New, "null")), &is) != nil {
						return nil, nil, false
					}
					return licenses(was), licenses(is), true
				}
			}
		}
	}
	for _, text := range pieces(moment) {
		var properties []struct {
			Name     string
			OldValue []string
			NewValue []string
		}
		if json.Unmarshal([]byte(text), &properties) != nil {
			continue
		}
		for _, p := range properties {
			if p.Name == "AssignedLicense" {
				return licenses(p.OldValue), licenses(p.NewValue), true
			}
		}
	}
	return nil, nil, false
}

// pieces joins the details of a moment in their order, each text for itself.
func pieces(moment []auditRow) []string {
	texts := map[string]map[int]string{}
	for _, r := range moment {
		id, seq, text := "", -1, ""
		for _, d := range r.Details {
			switch d.Key {
			case "id":
				id = d.Value
			case "seq":
				if n, err := strconv.Atoi(d.Value); err == nil {
					seq = n
				}
			case "b":
				text = d.Value
			}
		}
		if seq >= 0 && texts[id] == nil {
			texts[id] = map[int]string{}
		}
		if seq >= 0 {
			texts[id][seq] = text
		}
	}
	var all []string
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		var b strings.Builder
		for n := range len(texts[id]) {
			b.WriteString(texts[id][n]) // a piece that is missing leaves no JSON
		}
		all = append(all, b.String())
	}
	return all
}

// licenseText is a license in the log: [SkuName=…, AccountId=…, SkuId=…, DisabledPlans=[…]].
var licenseText = regexp.MustCompile(`SkuId=([0-9a-fA-F-]{36}).*DisabledPlans=\[([^\]]*)\]`)

func licenses(texts []string) map[string]string {
	all := map[string]string{}
	for _, text := range texts {
		if m := licenseText.FindStringSubmatch(text); m != nil {
			off := strings.FieldsFunc(strings.ToLower(m[2]), func(r rune) bool { return r == ',' || r == ' ' })
			slices.Sort(off)
			all[strings.ToLower(m[1])] = strings.Join(off, " ")
		}
	}
	return all
}
