package view

import (
	"fmt"

	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

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
func (w Words) Exported(have ledger.Have, folder string, files export.Files, pl *plan.Plan, others []ledger.Step) Document {
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
	return Document{p, newExportReport(have, folder, files, adopted, others, problems)}
}

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
func newExportReport(have ledger.Have, folder string, files export.Files, adopted int, others []ledger.Step,
	problems []ledger.Notice,
) ExportReport {
	r := ExportReport{Format: documentFormat, Tenant: have.Tenant, Folder: folder, Files: []ExportedFile{}, Left: []LeftOut{},
		Unread: append([]ledger.Unread{}, have.Unread...), Adopted: adopted, Others: append([]ledger.Step{}, others...),
		Problems: append([]ledger.Notice{}, problems...)}
	for _, f := range files.All {
		r.Files = append(r.Files, ExportedFile{f.Name, f.Says})
	}
	for _, l := range files.Left {
		r.Left = append(r.Left, LeftOut{l.Address, l.Text})
	}
	return r
}
