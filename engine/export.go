package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/natefinch/atomic"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
	"github.com/usher-cli/usher/plan"
)

// ExportNames narrow an export, in the words of people: names or ids.
type ExportNames struct {
	Products, Groups, Environments []string

	Terraform string // a file with a state of Terraform, whose licenses are meant; "" for all that there is
}

// Exported is a configuration for what is in the tenant, and what a plan of it comes to.
type Exported struct {
	export.Files
	Plan   *plan.Plan
	Forget []string      // addresses of Terraform, which has to forget them
	Others []ledger.Step // of the plan, that do more than adopt, and that the files did not ask for before
}

// Export makes the files that ask for what the tenant has and no file asks for yet. It writes
// none of them. A plan of the files is made before anybody sees them.
func (p *Present) Export(names ExportNames) (*Exported, error) {
	c, err := p.chosen(names)
	if err != nil {
		return nil, err
	}
	held, err := p.terraform(names.Terraform, &c)
	if err != nil {
		return nil, err
	}
	before := p.input(p.Config, Choices{})
	said := saidIn(&before)
	labels := map[string]string{}
	for _, rules := range before.Items {
		labels[rules.Item.ID] = rules.Label
	}
	people, attributes, rows := p.Reading.People()
	made := &Exported{Files: export.New(export.Tenant{Have: p.Reading.Have, Catalog: p.Catalog, Reference: p.reference, Labels: labels,
		People: people, Attributes: attributes, Rows: rows,
		Assignments: p.assignments(), Said: func(k ledger.Key) bool { return said[k] }}, c)}
	draft, err := config.NewDraft(p.Dir)
	if err != nil {
		return nil, err
	}
	for _, f := range made.All {
		name := f.Name
		if _, err := fs.Stat(draft, name); err == nil && !strings.Contains(name, "/") {
			name = "exported-" + name // beside the file that is there
		}
		draft.Put(name, f.Text)
	}
	o := p.options
	o.Files = draft
	files, diags := config.Load(p.Dir, o)
	if diags.HasErrors() {
		return nil, fmt.Errorf("the files that were made have an error, and nothing was written: %s", firstError(diags))
	}
	in := p.input(files, Choices{})
	forget, left := p.handOver(held, saidIn(&in))
	made.Forget, made.Left = forget, append(made.Left, left...)
	made.Plan = plan.New(in)
	adopts := func(s ledger.Step) bool { return s.Op == ledger.Adopt }
	made.Others = slices.DeleteFunc(further(plan.New(before), made.Plan), adopts)
	return made, nil
}

// saidIn are the grants of which lines speak, also lines with dates.
func saidIn(in *plan.Input) map[ledger.Key]bool {
	said := map[ledger.Key]bool{}
	for _, g := range in.Want {
		said[g.Key()] = true
	}
	for _, d := range in.Dated {
		said[d.Key()] = true
	}
	return said
}

// assignments are the names of assignments in the files.
func (p *Present) assignments() []string { return slices.Sorted(slices.Values(p.Config.Labels)) }

// reference is what a file writes for a holder.
func (p *Present) reference(h ledger.Holder) string {
	ref := p.Reading.Reference(h)
	formula := ref != "" && strings.ContainsRune("=+-@", rune(ref[0])) // to a program that opens a list
	if h.Kind == ledger.User && (formula || !config.ValidUser(ref)) {
		return h.ID
	}
	return ref
}

// chosen finds what is to be exported.
func (p *Present) chosen(names ExportNames) (export.Chosen, error) {
	var c export.Chosen
	var problems *multierror.Error
	var products, groups, environments []ledger.Holder
	for _, s := range p.Reading.Supply {
		if s.Item.Kind == ledger.Seat {
			products = append(products, ledger.Holder{ID: s.Item.ID, Name: s.Item.Name})
		}
	}
	for _, g := range p.Reading.Grants {
		switch g.Holder.Kind {
		case ledger.Group:
			groups = append(groups, g.Holder)
		case ledger.Environment:
			environments = append(environments, g.Holder)
		case ledger.Flow, ledger.Machine, ledger.MachineGroup:
			environments = append(environments, ledger.Holder{ID: g.Holder.EnvironmentID(), Name: g.Holder.Around()})
		}
	}
	for _, one := range []struct {
		flag, none string
		names      []string
		all        []ledger.Holder
		ids        *[]string
	}{
		{"sku", "the tenant has no such product", names.Products, products, &c.Products},
		{"group", "no such group gives a license", names.Groups, groups, &c.Groups},
		{"environment", "no such environment has units", names.Environments, environments, &c.Environments},
	} {
		for _, name := range one.names {
			found := false
			var known []string
			for _, h := range one.all {
				known = append(known, h.Name)
				if strings.EqualFold(h.Name, name) || strings.EqualFold(h.ID, name) {
					*one.ids, found = append(*one.ids, h.ID), true
				}
			}
			if !found {
				const most = 3
				text := fmt.Sprintf("-%s=%s: %s", one.flag, name, one.none)
				if meant := slips.MostLike(name, known, most); meant != "" {
					text += fmt.Sprintf(": did you mean %s?", meant)
				}
				problems = multierror.Append(problems, errors.New(text))
			}
		}
	}
	return c, problems.ErrorOrNil()
}

// Partial reports whether something is not in the files as it is in the tenant: it was not read, the
// language cannot say it, or a plan of the files would do more than adopt.
func (x *Exported) Partial(unread []ledger.Unread) bool {
	return len(unread)+len(x.Left)+len(x.Others)+len(x.Plan.Errors()) > 0 || x.Plan.Refused()
}

// WriteExport writes the files of an export into a folder. It overwrites nothing: where one of them
// is there, none is written.
func WriteExport(ctx context.Context, files []export.File, folder string) error {
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file, and an export is written into a folder: name another one with -out=DIR", folder)
	}
	var taken []string
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return fmt.Errorf("%q is no name of a file below %s, and nothing was written", f.Name, folder)
		}
		if _, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(f.Name))); !errors.Is(err, fs.ErrNotExist) {
			taken = append(taken, f.Name)
		}
	}
	if len(taken) > 0 {
		slices.Sort(taken)
		there := taken[0] + " is"
		if len(taken) > 1 {
			there = fmt.Sprintf("%s and %s are", taken[0], ledger.Plural(len(taken)-1, "other file", "other files"))
		}
		return fmt.Errorf("%s there already: an export overwrites nothing, and nothing was written. Name another folder with -out=DIR", there)
	}
	lists, blocks := []export.File(nil), []export.File(nil)
	for _, f := range files {
		if strings.Contains(f.Name, "/") {
			lists = append(lists, f)
		} else {
			blocks = append(blocks, f)
		}
	}
	for _, f := range append(lists, blocks...) { // a block whose list is not there yet would be an error
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(folder, filepath.FromSlash(f.Name))
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = atomic.WriteFile(path, bytes.NewReader(f.Text))
		}
		if err == nil {
			err = os.Chmod(path, 0o644)
		}
		if err != nil {
			return fmt.Errorf("%s cannot be written: %w. Remove the files of this export before you try again", f.Name, err)
		}
	}
	return nil
}
