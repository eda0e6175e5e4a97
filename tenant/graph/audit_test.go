package graph

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/ledger"
)

const (
	e5  = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
	rpa = "3f9f06f5-3c31-472c-985f-62d9c10ec167"
)

// TestAuditShapes: who changed what, in each shape that the service writes.
func TestAuditShapes(t *testing.T) {
	at := time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)
	text := func(sku string, off ...string) string {
		return "[SkuName=X, AccountId=Y, SkuId=" + sku + ", DisabledPlans=[" + strings.Join(off, ", ") + "]]"
	}
	list := func(texts ...string) string {
		b, _ := json.Marshal(texts) // of texts, which never fails
		return string(b)
	}
	row := func(correlation, activity, person string, properties []map[string]any, details ...map[string]string) map[string]any {
		return map[string]any{"activityDateTime": at, "activityDisplayName": activity, "correlationId": correlation, "result": "success",
			"initiatedBy":       map[string]any{"user": map[string]any{"id": "9", "userPrincipalName": "ada@contoso.com"}},
			"targetResources":   []any{map[string]any{"id": person, "type": "User", "modifiedProperties": properties}},
			"additionalDetails": details}
	}
	change := func(was, is any) []map[string]any {
		return []map[string]any{{"displayName": "AssignedLicense", "oldValue": was, "newValue": is}}
	}
	piece := func(id, seq, b string) []map[string]string {
		return []map[string]string{{"key": "id", "value": id}, {"key": "seq", "value": seq}, {"key": "b", "value": b}}
	}
	chunk := `[{"Name":"AssignedLicense","OldValue":["` + text(e5) + `"],"NewValue":[]}]`
	told := func(person, item string, op ledger.Op) ledger.Audit {
		return ledger.Audit{At: at, By: "ada@contoso.com", ByID: "9", Person: person, Item: item, Op: op}
	}
	for name, c := range map[string]struct {
		rows []map[string]any
		want []ledger.Audit
	}{
		"in the entry": {[]map[string]any{row("1", "Change user license", "a", change(list(), list(text(e5))))},
			[]ledger.Audit{told("a", e5, ledger.Add)}},
		"of no license before": {[]map[string]any{row("1", "Change user license", "a", change(nil, list(text(e5)))),
			row("2", "Change user license", "b", change(list(text(rpa)), "null"))},
			[]ledger.Audit{told("a", e5, ledger.Add), told("b", rpa, ledger.Remove)}},
		"of several people at once": {[]map[string]any{
			row("1", "Change user license", "a", nil), row("1", "Update user", "a", change(list(text(e5)), list())),
			row("1", "Change user license", "b", nil), row("1", "Update user", "b", change(list(), list(text(rpa)))),
		}, []ledger.Audit{told("a", e5, ledger.Remove), told("b", rpa, ledger.Add)}},
		"a service plan": {[]map[string]any{row("1", "Change user license", "a", change(list(text(e5)), list(text(e5, rpa))))},
			[]ledger.Audit{told("a", e5, ledger.Change)}},
		"in pieces of two texts": {[]map[string]any{
			row("1", "Change user license", "a", nil, piece("x", "1", chunk[40:])...),
			row("1", "Change user license", "a", nil, piece("y", "0", "[]")...),
			row("1", "Change user license", "a", nil, piece("x", "0", chunk[:40])...)}, []ledger.Audit{told("a", e5, ledger.Remove)}},
		"cut short":  {[]map[string]any{row("1", "Change user license", "a", change(list(text(e5))[:30], list()))}, nil},
		"of nothing": {[]map[string]any{row("1", "Change user license", "a", change(nil, nil))}, nil},
	} {
		var rows []auditRow
		text, err := json.Marshal(c.rows)
		if err == nil {
			err = json.Unmarshal(text, &rows)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := auditsOf(rows, at.Add(-time.Hour))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
