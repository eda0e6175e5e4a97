package graph

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// surplus finds the service plans that the service left on although the call
// switched them off. The answer to assignLicense shows the account after the
// call; where it does not, nothing is concluded.
func surplus(call ledger.Call, body []byte) map[string]ledger.Plans {
	var after struct {
		Licenses []struct {
			SKU      string   `json:"skuId"`
			Disabled []string `json:"disabledPlans"`
		} `json:"assignedLicenses"`
	}
	if json.Unmarshal(body, &after) != nil {
		return nil
	}
	var found map[string]ledger.Plans
	for _, s := range call.Steps {
		if s.After == nil || len(s.After.Without) == 0 {
			continue
		}
		for _, l := range after.Licenses {
			if !strings.EqualFold(l.SKU, s.Item.ID) {
				continue
			}
			for _, plan := range s.After.Without {
				if !slices.ContainsFunc(l.Disabled, func(id string) bool { return strings.EqualFold(id, plan) }) {
					if found == nil {
						found = map[string]ledger.Plans{}
					}
					found[s.Item.ID] = append(found[s.Item.ID], plan)
				}
			}
		}
	}
	return found
}
