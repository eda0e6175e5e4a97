package view

import (
	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
)

// Checks prints what an identity may do and what it lacks, each lack with the
// way to it.
func (p *Printer) Checks(checks []ledger.Check) {
	missing := 0
	for _, c := range checks {
		word := p.paint("fine   ", color.FgGreen)
		switch c.Verdict {
		case ledger.Unclear:
			word = p.paint("unclear", color.FgYellow)
		case ledger.Missing:
			word = p.paint("missing", color.FgRed)
			missing++
		}
		text := Safe(c.About)
		if c.Text != "" {
			text += ": " + Safe(oneLine(c.Text))
		}
		p.Line("%s  %s", word, text)
		if c.Remedy != "" {
			p.Line("         %s.", Safe(c.Remedy))
		}
	}
	p.Line("")
	if missing == 0 {
		p.Line("Nothing is missing.")
		return
	}
	p.Line("%s.", ledger.Count(missing, "thing")+" missing")
}

// Doctor is the document of doctor -json.
type Doctor struct {
	Format int            `json:"format"`
	For    string         `json:"for"`
	Checks []ledger.Check `json:"checks"`
}

// NewDoctor makes the document of a set of checks.
func NewDoctor(purpose string, checks []ledger.Check) Doctor {
	return Doctor{Format: Format, For: purpose, Checks: checks}
}
