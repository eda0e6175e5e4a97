package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// assignBody is the body of assignLicense. Both arrays are mandatory.
type assignBody struct {
	AddLicenses    *[]assignedLicense `json:"addLicenses"`
	RemoveLicenses *[]string          `json:"removeLicenses"`
}

// refusal is a business error: 400 Request_BadRequest, told apart by text.
type refusal string

func (s *Server) assignLicense(w http.ResponseWriter, r *http.Request) {
	var b assignBody
	u := s.user(w, r)
	if u == nil || !s.decode(w, r, &b) {
		return
	}
	changed, refused := s.assign(u, b)
	if refused != "" {
		s.graphError(w, http.StatusBadRequest, "Request_BadRequest", "%s", string(refused))
		return
	}
	s.commit(change{User: changed, Entry: s.audited(r, u, changed)})
	reply(w, http.StatusOK, view(changed, []string{"id", "userPrincipalName", "displayName", "assignedLicenses"}))
}

// assign works out the user after the call, all or nothing. Additions and
// removals are one set: what a removal frees, an addition of the same call
// does not need.
func (s *Server) assign(u *User, b assignBody) (*User, refusal) {
	switch {
	case b.AddLicenses == nil:
		return nil, missing("addLicenses")
	case b.RemoveLicenses == nil:
		return nil, missing("removeLicenses")
	case len(*b.AddLicenses)+len(*b.RemoveLicenses) == 0:
		return nil, "No license changes provided. At least one license to add or remove must be specified."
	}
	changed := *u
	changed.Licenses = slices.Clone(u.Licenses)
	for _, id := range *b.RemoveLicenses {
		if no := s.removeDirect(&changed, strings.ToLower(id)); no != "" {
			return nil, no
		}
	}
	for _, add := range *b.AddLicenses {
		if no := s.addDirect(&changed, add); no != "" {
			return nil, no
		}
	}
	if no := s.conflicts(&changed); no != "" {
		return nil, no
	}
	return &changed, s.seats(u, &changed)
}

func missing(name string) refusal {
	return refusal(
		"One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: " + name + ".",
	)
}

func (s *Server) removeDirect(u *User, id string) refusal {
	if no := s.assignable(id); no != "" {
		return no
	}
	direct := slices.IndexFunc(u.Licenses, func(l License) bool { return l.Group == "" && strings.EqualFold(l.SKU, id) })
	if direct >= 0 {
		u.Licenses = slices.Delete(u.Licenses, direct, direct+1)
		return ""
	}
	if slices.ContainsFunc(u.Licenses, func(l License) bool { return strings.EqualFold(l.SKU, id) }) {
		return "User license is inherited from a group membership and it cannot be removed directly from the user."
	}
	return "User does not have a corresponding license."
}

// assignable refuses what the tenant does not own, what belongs to the whole
// company, and what people bought by themselves.
func (s *Server) assignable(id string) refusal {
	sku := s.x.skus[id]
	if sku == nil || sku.AppliesTo != "User" || strings.HasSuffix(strings.ToUpper(sku.PartNumber), "_DEPT") {
		return refusal("License " + id + " does not correspond to a valid company License.")
	}
	return ""
}

func (s *Server) addDirect(u *User, add assignedLicense) refusal {
	id := strings.ToLower(add.SKUID)
	if no := s.assignable(id); no != "" {
		return no
	}
	if !s.isLocated(u) {
		return "License assignment cannot be done for user with invalid usage location."
	}
	without, no := s.x.skus[id].switchedOff(add.DisabledPlans)
	if no != "" {
		return no
	}
	added := License{SKU: id, Without: without, Updated: s.updated()}
	for i, l := range u.Licenses {
		if l.Group == "" && strings.EqualFold(l.SKU, id) {
			u.Licenses[i] = added
			return ""
		}
	}
	u.Licenses = append(u.Licenses, added)
	return ""
}

// switchedOff lists the service plans that are off where some are asked to be: the
// service switches others on and off by itself.
func (s *SKU) switchedOff(asked []string) ([]string, refusal) {
	off := []string{}
	for _, plan := range asked {
		p := strings.ToLower(plan)
		at := slices.IndexFunc(s.Plans, func(q Plan) bool { return q.ID == p })
		if at < 0 {
			return nil, refusal("The service plan " + plan + " is not part of the license " + s.ID + ".")
		}
		if !s.Plans[at].AlwaysOn {
			off = append(off, p)
		}
	}
	for _, p := range s.Plans {
		if p.AlwaysOff {
			off = append(off, p.ID)
		}
	}
	slices.Sort(off)
	return slices.Compact(off), ""
}

// seats refuses a call that takes a seat of a SKU which has none left. Seats
// in their grace period count, as they do in the service.
func (s *Server) seats(before, after *User) refusal {
	had := covered(before)
	for id := range covered(after) {
		sku := s.x.skus[id]
		if !had[id] && sku.consumed >= sku.Enabled+sku.Warning {
			return refusal("Subscription with SKU " + id + " does not have any available licenses.")
		}
	}
	return ""
}

// conflicts checks the enabled service plans of the end state against the
// plans that they need or exclude.
func (s *Server) conflicts(u *User) refusal {
	enabled := map[string]Plan{}
	for _, l := range u.Licenses {
		for _, p := range s.x.skus[strings.ToLower(l.SKU)].Plans {
			if !slices.Contains(l.Without, p.ID) {
				enabled[p.ID] = p
			}
		}
	}
	for _, p := range enabled {
		for _, need := range p.DependsOn {
			if _, ok := enabled[need]; !ok {
				return refusal("License assignment failed because service plan " + p.ID + " depends on the service plan(s) " + need)
			}
		}
		for _, other := range p.Excludes {
			if _, ok := enabled[other]; ok {
				return refusal("License assignment failed because service plans " + p.ID + ", " + other + " are mutually exclusive")
			}
		}
	}
	return ""
}

type prepaidUnits struct {
	Enabled   int64 `json:"enabled"`
	Suspended int64 `json:"suspended"`
	Warning   int64 `json:"warning"`
	LockedOut int64 `json:"lockedOut"`
}

func (s *Server) getSKUs(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r) {
		return
	}
	rows := []any{}
	for _, sku := range s.x.SKUs {
		rows = append(rows, s.skuView(sku))
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#subscribedSkus", "value": rows})
}

func (s *Server) getSKU(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r) {
		return
	}
	for _, sku := range s.x.SKUs {
		if s.x.ID+"_"+sku.ID == strings.ToLower(r.PathValue("id")) {
			reply(w, http.StatusOK, s.skuView(sku))
			return
		}
	}
	s.graphError(
		w,
		http.StatusNotFound,
		"Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.",
		r.PathValue("id"),
	)
}

func (s *Server) skuView(sku *SKU) map[string]any {
	status := "Enabled"
	switch {
	case sku.Enabled > 0:
	case sku.Warning > 0:
		status = "Warning"
	case sku.Suspended > 0:
		status = "Suspended"
	case sku.LockedOut > 0:
		status = "LockedOut"
	}
	plans := []any{}
	for _, p := range sku.Plans {
		applies := p.AppliesTo
		if applies == "" {
			applies = "User"
		}
		plans = append(
			plans,
			map[string]string{"servicePlanId": p.ID, "servicePlanName": p.Name, "provisioningStatus": "Success", "appliesTo": applies},
		)
	}
	return map[string]any{
		"id": s.x.ID + "_" + sku.ID, "skuId": sku.ID, "skuPartNumber": sku.PartNumber, "appliesTo": sku.AppliesTo,
		"accountId": s.x.ID, "accountName": s.x.Name, "capabilityStatus": status, "consumedUnits": sku.consumed,
		"prepaidUnits": prepaidUnits{sku.Enabled, sku.Suspended, sku.Warning, sku.LockedOut},
		"servicePlans": plans, "subscriptionIds": []string{},
	}
}

func (s *Server) listSubscriptions(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select") {
		return
	}
	rows := []any{}
	for _, sku := range s.x.SKUs {
		for _, sub := range sku.Subscriptions {
			row := map[string]any{
				"id":                    sub.ID,
				"skuId":                 sku.ID,
				"skuPartNumber":         sku.PartNumber,
				"status":                "Enabled",
				"totalLicenses":         sub.Seats,
				"isTrial":               sub.Trial,
				"nextLifecycleDateTime": nil,
			}
			if sub.Next != nil {
				row["nextLifecycleDateTime"] = sub.Next.UTC().Format("2006-01-02T15:04:05Z")
			}
			rows = append(rows, row)
		}
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#directory/subscriptions", "value": rows})
}
