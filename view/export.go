package view

import (
	"fmt"
	"regexp"

	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Export is what an export wrote into a folder, and what a plan of it comes to.
type Export struct {
	export.Files
	Folder string
	Plan   *plan.Plan
	Others []ledger.Step // of the plan, that do more than adopt
	Forget []string      // addresses of Terraform, which has to forget them
}

// Exported tells which files were written into a folder, what they do not say, and what a plan
// of them comes to.
//
//	Written to .:
//	  licenses.hcl     6 licenses
//	  people.hcl       4 assignments
//	  people/e3.csv    412 people
//
//	Left out:
//	  FLOW_PER_USER_DEPT: people bought it themselves, and Microsoft lets no program give it or take it away
//
//	A plan of these files adopts 431 and changes nothing.
func (w Words) Exported(have ledger.Have, x Export) Document {
	folder, files, pl, others := x.Folder, x.Files, x.Plan, x.Others
	p := Page{Title: "Export", Finding: ledger.Something}
	p.add(w.notRead(have.Unread)...)
	written, left := List{Title: "Written to " + folder + ":"}, List{Title: "Left out:"}
	for _, f := range files.All {
		written.Items = append(written.Items, Item{Text: f.Name, Detail: f.Says})
	}
	for _, l := range files.Left {
		left.Items = append(left.Items, Item{Text: l.Address + ": " + l.Text})
	}
	p.list(written)
	p.list(left)
	problems := pl.Errors()
	p.add(w.Notices(problems).Parts...)
	more := List{Title: "A plan of these files does more than adopt:"}
	for i, s := range others {
		const most = 20
		if i == most {
			more.Items = append(more.Items, Item{Text: fmt.Sprintf("and %d more", len(others)-most)})
			break
		}
		more.Items = append(more.Items, Item{Op: s.Op, Text: string(s.Address()), Address: string(s.Address())})
	}
	p.list(more)
	other := List{Title: "Let Terraform forget them before the first usher apply, or each of the two undoes the other:"}
	for _, address := range x.Forget {
		if plainAddress.MatchString(address) {
			other.Items = append(other.Items, Item{Text: "terraform state rm " + address})
		}
	}
	p.list(other)
	adopted := 0
	for s := range pl.EachStep() {
		if s.Op == ledger.Adopt {
			adopted++
		}
	}
	switch {
	case len(files.All) == 0:
		p.add(Verdict("Nothing to write: no file lacks what was found."))
	case len(problems) > 0:
		p.add(Verdict(fmt.Sprintf("A plan of these files has %s.", ledger.Count(len(problems), "error"))))
	case pl.Refused():
		p.add(Verdict("A plan of these files is refused: usher plan says why."))
	case len(others) > 0:
		p.add(Verdict(fmt.Sprintf("A plan of these files adopts %d, and has %s.", adopted, ledger.Count(len(others), "other step"))))
	default:
		p.add(Verdict(fmt.Sprintf("A plan of these files adopts %d and changes nothing.", adopted)))
	}
	return Document{p, newExportReport(have, x, adopted)}
}

// plainAddress is an address of Terraform that a shell takes as it is.
var plainAddress = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// ExportReport is the document of export -json.
type ExportReport struct {
	Format   int             `json:"format"`
	Tenant   string          `json:"tenant"`
	Folder   string          `json:"folder"`
	Files    []ExportedFile  `json:"files"`
	Left     []LeftOut       `json:"left_out"`
	Unread   []ledger.Unread `json:"unread"`
	Adopted  int             `json:"adopted"`
	Others   []ledger.Step   `json:"other_steps"` // of a plan of the files, which should only adopt
	Problems []ledger.Notice `json:"problems"`    // of that plan
	Forget   []string        `json:"terraform_addresses,omitempty"`
}

// ExportedFile is a file that was written.
type ExportedFile struct {
	Name string `json:"name"`
	Says string `json:"says"`
}

// LeftOut is what the files do not say, and why.
type LeftOut struct {
	Address string `json:"address"`
	Reason  string `json:"reason"`
}

// newExportReport makes the document of an export. No list in it is null.
func newExportReport(have ledger.Have, x Export, adopted int) ExportReport {
	r := ExportReport{Format: documentFormat, Tenant: have.Tenant, Folder: x.Folder, Files: []ExportedFile{}, Left: []LeftOut{},
		Unread: append([]ledger.Unread{}, have.Unread...), Adopted: adopted, Others: append([]ledger.Step{}, x.Others...),
		Problems: append([]ledger.Notice{}, x.Plan.Errors()...), Forget: x.Forget}
	for _, f := range x.All {
		r.Files = append(r.Files, ExportedFile{f.Name, f.Says})
	}
	for _, l := range x.Left {
		r.Left = append(r.Left, LeftOut{l.Address, l.Text})
	}
	return r
}
