package view

import (
	"github.com/usher-cli/usher/ledger"
)

// Checks tells what an identity may do and what it lacks, each lack with the
// way to it.
func Checks(purpose string, checks []ledger.Check) Document {
	p := Page{Title: "Checks"}
	missing := 0
	for _, c := range checks {
		if c.Verdict == ledger.Missing {
			missing++
		}
		c.Text = oneLine(c.Text)
		p.add(Check(c))
	}
	p.add(Break{})
	if missing == 0 {
		p.say("Nothing is missing.")
	} else {
		p.say("%s missing.", ledger.Count(missing, "thing"))
	}
	return Document{p, newDoctor(purpose, checks)}
}

// Doctor is the document of doctor -json.
type Doctor struct {
	Format int            `json:"format"`
	For    string         `json:"for"`
	Checks []ledger.Check `json:"checks"`
}

// newDoctor makes the document of a set of checks.
func newDoctor(purpose string, checks []ledger.Check) Doctor {
	return Doctor{Format: documentFormat, For: purpose, Checks: checks}
}
