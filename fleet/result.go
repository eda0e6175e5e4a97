package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/view"
)

// Operation is what a job does with a tenant.
type Operation string

// The operations. Only Apply changes a tenant.
const (
	Plan   Operation = "plan"
	Apply  Operation = "apply"
	Drift  Operation = "drift"
	Usage  Operation = "usage"
	Doctor Operation = "doctor"
	Export Operation = "export"
)

// Operations lists them.
func Operations() []Operation { return []Operation{Plan, Apply, Drift, Usage, Doctor, Export} }

// Outcome is what came of a job.
type Outcome string

// The outcomes.
const (
	Clean      Outcome = "clean"   // nothing to do, no drift, everything done
	Found      Outcome = "found"   // steps to review, drift, something missing
	Unfinished Outcome = "waiting" // people or the tenant have something left to finish
	Refused    Outcome = "refused" // a shortage, a guard or a slip forbids the plan
	Partial    Outcome = "partial" // a part could not be read or done
	Failed     Outcome = "failed"  // no result
)

// Result is what came of one job of one tenant.
type Result struct {
	Job       int64
	Tenant    string
	Operation Operation
	At        time.Time // when it ended
	Took      time.Duration
	Outcome   Outcome
	Complete  time.Time // when the operation had a complete result last; zero where it never had one
	Adds      int
	Changes   int
	Removes   int
	Adopts    int
	Drifted   int
	Digest    string // of a plan
	Failure   engine.Failure
	Begun     bool           // an apply that had to end before all of it was done: the next try goes on
	Error     string         // why there is no result; untrusted text
	Causes    map[string]int // what was found, in words that do not name the tenant, and how often
	Document  []byte         // as -json of the command prints it; nil where there is no result
	Files     []export.File  // of an export
}

// steps is how many steps a plan has.
func (r Result) steps() int { return r.Adds + r.Changes + r.Removes + r.Adopts }

// printable leaves out what a database does not take: texts of services can have any bytes.
func (r Result) printable() Result {
	clean := func(text string) string {
		return strings.Map(func(c rune) rune {
			if c == 0 || unicode.IsControl(c) && c != '\n' && c != '\t' {
				return -1
			}
			return c
		}, strings.ToValidUTF8(text, "?"))
	}
	causes := map[string]int{}
	for text, n := range r.Causes {
		causes[clean(text)] += n
	}
	r.Error, r.Causes = clean(r.Error), causes
	return r
}

// inWords is an error on one line: all of several, and a problem of a file with its line.
func inWords(err error) string {
	var files hcl.Diagnostics
	var several interface{ WrappedErrors() []error }
	var all []string
	switch {
	case errors.As(err, &files):
		for _, d := range files {
			if d.Severity == hcl.DiagError {
				all = append(all, placeOf(d)+d.Summary+": "+d.Detail)
			}
		}
	case errors.As(err, &several):
		for _, e := range several.WrappedErrors() {
			all = append(all, e.Error())
		}
	default:
		return err.Error()
	}
	return strings.Join(all, "; ")
}

// placeOf is the place of a problem; a directory has no lines.
func placeOf(d *hcl.Diagnostic) string {
	if d.Subject == nil || d.Subject.Start.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", d.Subject.Filename, d.Subject.Start.Line)
}

// FailureText says of a failure what would be the same in another tenant.
func FailureText(f engine.Failure) string {
	switch f {
	case engine.SignIn:
		return "the login service refuses the identity"
	case engine.Denied:
		return "a service refuses the identity"
	case engine.Busy:
		return "a service has no time, or cannot be reached"
	case engine.Locked:
		return "another run has the state"
	}
	return "the files, the state or the tenant are not as they should be"
}

// count counts the steps of a plan.
func (r *Result) count(pl *plan.Plan) {
	r.Digest, r.Outcome = pl.Digest, Clean
	for s := range pl.EachStep() {
		switch s.Op {
		case ledger.Add:
			r.Adds++
		case ledger.Change:
			r.Changes++
		case ledger.Remove:
			r.Removes++
		case ledger.Adopt:
			r.Adopts++
		}
		r.Causes[cause(s)]++
	}
}

// cause says of a step what would be the same in another tenant with the same files.
func cause(s ledger.Step) string {
	words := map[ledger.Op]string{ledger.Add: "add", ledger.Change: "change", ledger.Remove: "remove", ledger.Adopt: "adopt",
		ledger.Forget: "forget", ledger.Retry: "retry", ledger.Restart: "restart"}
	text := words[s.Op] + " " + s.Item.Name
	if len(s.Origins) > 0 && s.Origins[0].Block != "" {
		text += " by " + s.Origins[0].Block
	}
	return text
}

// drift counts differences.
func (r *Result) drift(found *plan.DriftReport, servicePlans map[string]string) {
	for _, g := range found.Groups {
		r.Drifted += len(g.Drift)
		for _, d := range g.Drift {
			text := fmt.Sprintf("%s %s", g.Kind, g.Item.Name)
			if d.Known != nil && d.Have != nil {
				text += switched(d.Known.Without, d.Have.Without, servicePlans)
			}
			if g.App {
				text += ", by the application " + g.By
			}
			r.Causes[text]++
		}
	}
}

// switched names the service plans that were switched.
func switched(before, after ledger.ServicePlanIDs, names map[string]string) string {
	text := ""
	for _, p := range after {
		if !slices.Contains(before, p) {
			text += ", " + names[p] + " off"
		}
	}
	for _, p := range before {
		if !slices.Contains(after, p) {
			text += ", " + names[p] + " on"
		}
	}
	return text
}

// unread counts what could not be read.
func (r *Result) unread(all []ledger.Unread) {
	for _, u := range all {
		r.Causes[notRead+u.Holder.Kind.Words()+"s"]++
	}
}

// notRead begins the causes of what could not be read.
const notRead = "not read: "

// unread reports whether a cause is something that could not be read, and nothing that is to be done.
func unread(cause string) bool { return strings.HasPrefix(cause, notRead) }

// doctor counts what is missing.
func (r *Result) doctor(ctx context.Context, o *engine.Opened) error {
	checks := append(o.CheckStore(ctx, true), o.Examine(ctx, true)...)
	missing := false
	for _, c := range checks {
		if c.Verdict == ledger.Missing {
			missing = true
			r.Causes["missing: "+c.About]++
		}
	}
	r.conclude(missing, false)
	return r.document(view.Checks("apply", checks))
}

func (r *Result) conclude(found, partial bool) {
	switch {
	case partial:
		r.Outcome = Partial
	case found:
		r.Outcome = Found
	default:
		r.Outcome = Clean
	}
}

// document keeps the document of a result, as -json prints it.
func (r *Result) document(d view.Document) error {
	var b bytes.Buffer
	err := view.Show("json", view.Output{Writer: &b}, d)
	r.Document = b.Bytes()
	return err
}
