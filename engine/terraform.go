package engine

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/ledger"
)

// otherTool is what another tool manages of the same tenant.
type otherTool struct {
	forget []string // addresses
	left   []export.Left
}

// terraform narrows an export to the licenses that a state of Terraform holds. What it holds and
// the tenant does not have is left out, and told.
func (p *Present) terraform(path string, c *export.Chosen) (otherTool, error) {
	var other otherTool
	if path == "" {
		return other, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		if pathErr, is := err.(*fs.PathError); is { //nolint:errorlint // which os.ReadFile returns
			err = pathErr.Err
		}
		return other, fmt.Errorf("-from-terraform=%s cannot be read: %w", path, err)
	}
	held, err := export.ReadTerraform(text)
	if err != nil {
		return other, fmt.Errorf("-from-terraform=%s: %w", path, err)
	}
	other.forget = held.Resources
	there := map[ledger.Key]bool{}
	for i := range p.Reading.Grants {
		there[p.Reading.Grants[i].Key()] = true
	}
	c.Grants = map[ledger.Key]bool{}
	for _, s := range held.Seats {
		key := ledger.Grant{Holder: s.Holder, Item: s.Item}.Key()
		if c.Grants[key] = true; !there[key] {
			other.left = append(other.left, export.Left{Address: s.Address, Text: "the tenant has no such license"})
		}
	}
	return other, nil
}
