package view

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// documentFormat is the version of the documents that -json writes, which the schemas
// in docs/schema describe.
const documentFormat = 1

// JSON writes one document.
//
// What JSON lets stand as it is and nobody sees, such as a character that reverses the
// direction of a line, becomes an escape: the document is read on terminals, too.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(ledger.EscapeJSON(b.Bytes()))
	return err
}

// Problem is a diagnostic for machines.
type Problem struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

// Validation is the document of validate -json.
type Validation struct {
	Format   int       `json:"format"`
	Valid    bool      `json:"valid"`
	Problems []Problem `json:"problems"`
}

// Validated says whether a configuration is valid.
func Validated(diags hcl.Diagnostics) Document {
	p := Page{Title: "Configuration"}
	errs, warnings := 0, 0
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errs++
		} else {
			warnings++
		}
	}
	switch {
	case errs > 0:
		p.say("The configuration has %s and %s.", ledger.Count(errs, "error"), ledger.Count(warnings, "warning"))
	case warnings > 0:
		p.say("The configuration is valid, with %s.", ledger.Count(warnings, "warning"))
	default:
		p.say("The configuration is valid.")
	}
	return Document{p, newValidation(diags)}
}

// newValidation makes the document of a set of diagnostics.
func newValidation(diags hcl.Diagnostics) Validation {
	v := Validation{Format: documentFormat, Valid: !diags.HasErrors(), Problems: []Problem{}}
	for _, d := range diags {
		p := Problem{Severity: "error", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			p.Severity = "warning"
		}
		if d.Subject != nil {
			p.File, p.Line, p.Column = d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column
		}
		v.Problems = append(v.Problems, p)
	}
	return v
}

// RunReport is the document of apply -json.
type RunReport struct {
	Format      int         `json:"format"`
	Digest      string      `json:"digest"`
	Recorded    int         `json:"recorded"` // steps that make no call: adopted and forgotten ones
	Adopted     int         `json:"adopted"`
	Forgotten   int         `json:"forgotten"`
	Done        int         `json:"done"`
	Failed      int         `json:"failed"`
	Unknown     int         `json:"unknown"`
	Pending     int         `json:"pending"`
	Skipped     int         `json:"skipped"`
	Interrupted bool        `json:"interrupted"`
	NotDone     []RunResult `json:"not_done"`
}

// RunResult is a call that did not succeed.
type RunResult struct {
	Holder  string             `json:"holder"`
	Outcome ledger.Outcome     `json:"outcome"`
	Message string             `json:"message"`
	Steps   []ledger.Step      `json:"steps"`
	Unfit   []ledger.Inherited `json:"unfit,omitempty"` // members of a group for whom it failed
}

// newRun makes the document of a run.
func newRun(p *plan.Plan, r *ledger.Report) RunReport {
	out := RunReport{
		Format:      documentFormat,
		Digest:      p.Digest,
		Recorded:    r.Recorded,
		Adopted:     r.Adopted,
		Forgotten:   r.Forgotten,
		Done:        r.Done,
		Failed:      r.Failed,
		Unknown:     r.Unknown,
		Pending:     r.Pending,
		Skipped:     r.Skipped,
		Interrupted: r.Interrupted,
		NotDone:     []RunResult{},
	}
	for _, res := range r.Results {
		out.NotDone = append(out.NotDone, RunResult{res.Call.Holder.Address(), res.Outcome, res.Message, res.Call.Steps, res.Unfit})
	}
	return out
}

// DriftReport is the document of drift -json.
type DriftReport struct {
	Format      int                `json:"format"`
	Tenant      string             `json:"tenant"`
	Drift       []plan.Drift       `json:"drift"`
	Groups      []DriftCause       `json:"groups"`
	Ignored     []plan.IgnoreCount `json:"ignored"`
	Unread      []ledger.Unread    `json:"unread"`
	AlwaysThere []plan.AlwaysThere `json:"always_there,omitempty"`
	Unknown     string             `json:"unknown,omitempty"` // why nobody knows who made the changes

	Whole    *time.Time     `json:"last_whole_reading,omitempty"` // where this one is not complete
	Accepted *plan.Accepted `json:"accepted,omitempty"`
}

// DriftCause is a group of drift, whose members are in the list.
type DriftCause struct {
	plan.DriftGroup
	Count int `json:"count"`
}

// newDriftReport makes the document of a comparison.
func newDriftReport(have ledger.Have, found *plan.DriftReport) DriftReport {
	r := DriftReport{Format: documentFormat, Tenant: have.Tenant, Drift: []plan.Drift{}, Groups: []DriftCause{}, Ignored: found.Ignored,
		Unread: have.Unread, AlwaysThere: found.AlwaysThere, Unknown: found.Unknown, Whole: found.Whole, Accepted: found.Accepted}
	for _, g := range found.Groups {
		r.Groups = append(r.Groups, DriftCause{g, len(g.Drift)})
		r.Drift = append(r.Drift, g.Drift...)
	}
	if r.Unread == nil {
		r.Unread = []ledger.Unread{}
	}
	return r
}

// UsageReport is the document of usage -json.
type UsageReport struct {
	Format int             `json:"format"`
	Tenant string          `json:"tenant"`
	Usage  []ledger.Usage  `json:"usage"`
	Unread []ledger.Unread `json:"unread"`
	today  string
}

// Bills implements Billed.
func (r UsageReport) Bills() []Bill { return []Bill{{Tenant: r.Tenant, Day: r.today, Usage: r.Usage}} }

// newUsageReport makes the document of a summary; without people it leaves
// out the sources.
func newUsageReport(have ledger.Have, usage []ledger.Usage, today string, people bool) UsageReport {
	r := UsageReport{Format: documentFormat, Tenant: have.Tenant, Usage: []ledger.Usage{}, Unread: have.Unread, today: today}
	for _, u := range usage {
		if !people {
			u.Sources = nil
		}
		r.Usage = append(r.Usage, u)
	}
	if r.Unread == nil {
		r.Unread = []ledger.Unread{}
	}
	return r
}
