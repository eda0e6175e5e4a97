package view

import (
	"github.com/usher-cli/usher/ledger"
)

// gitlabReport is the report of a plan that GitLab shows in a merge request. Source:
// GitLab Docs, "artifacts:reports:terraform".
type gitlabReport struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Delete int `json:"delete"`
}

// asGitLab counts the steps of a page. What changes the state alone is none of them.
//
//	{"create": 52, "update": 1, "delete": 0}
func asGitLab(out Output, d Document) error {
	var r gitlabReport
	for _, part := range d.Parts {
		steps, _ := part.(Steps)
		for _, row := range steps.Rows {
			switch row.Op {
			case ledger.Add:
				r.Create++
			case ledger.Change:
				r.Update++
			case ledger.Remove:
				r.Delete++
			}
		}
	}
	return JSON(out, r)
}
