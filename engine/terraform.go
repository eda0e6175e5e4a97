package engine

import (
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
)

// terraform narrows an export to the licenses that a state of Terraform holds; nil where no state
// is meant.
func (p *Present) terraform(path string, c *export.Chosen) (*export.Terraform, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		if pathErr, is := err.(*fs.PathError); is { //nolint:errorlint // which os.ReadFile returns
			err = pathErr.Err
		}
		return nil, fmt.Errorf("-from-terraform=%s cannot be read: %w", path, err)
	}
	held, err := export.ReadTerraform(text)
	if err != nil {
		return nil, fmt.Errorf("-from-terraform=%s: %w", path, err)
	}
	c.Grants = map[ledger.Key]bool{}
	for _, seat := range held.Seats {
		c.Grants[seat.Key()] = true
	}
	return held, nil
}

// handOver are the resources that Terraform has to forget, and the licenses that no file asks for
// although Terraform holds them. A resource with one that the tenant has, or may have, stays with
// Terraform: somebody has to look after it.
func (p *Present) handOver(held *export.Terraform, asked map[ledger.Key]bool) (forget []string, left []export.Left) {
	if held == nil {
		return nil, nil
	}
	there, keeps := map[ledger.Key]bool{}, map[string]bool{}
	for i := range p.Reading.Grants {
		there[p.Reading.Grants[i].Key()] = true
	}
	for _, seat := range held.Seats {
		text := ""
		switch {
		case asked[seat.Key()]:
			continue
		case there[seat.Key()]:
			text = "no file asks for it"
		case p.Reading.IsUnread(seat.Holder.Identity()):
			text = "nobody could read whether the tenant has it"
		}
		if text == "" {
			left = append(left, export.Left{Address: seat.Address, Text: "the tenant has no such license"})
			continue
		}
		keeps[seat.Resource] = true
		left = append(left, export.Left{Address: seat.Address, Text: text + ", so Terraform has to keep " + seat.Resource})
	}
	return slices.DeleteFunc(slices.Clone(held.Resources), func(r string) bool { return keeps[r] }), left
}
