package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Terraform is what a state of Terraform, or of OpenTofu, holds of licenses.
type Terraform struct {
	Seats     []TerraformSeat
	Resources []string // their addresses, without an index, each once
}

// TerraformSeat is a license of a user or a group.
type TerraformSeat struct {
	Address  string // with the index
	Resource string // the same without it
	Holder   ledger.Holder
	Item     ledger.Item
}

// Key is what identifies the license.
func (s TerraformSeat) Key() ledger.Key { return ledger.Grant{Holder: s.Holder, Item: s.Item}.Key() }

// ReadTerraform finds the licenses in a state file. Source: the provider azuread, its resources
// user_license and group_license, since its version 3.10; and the format of states, version 4.
func ReadTerraform(text []byte) (*Terraform, error) {
	var state struct {
		Version   int `json:"version"`
		Resources []struct {
			Module    string `json:"module"`
			Mode      string `json:"mode"`
			Type      string `json:"type"`
			Name      string `json:"name"`
			Instances []struct {
				Index      any             `json:"index_key"`
				Attributes json.RawMessage `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("it is no state of Terraform, which terraform state pull writes: %w", err)
	}
	if const4 := 4; state.Version != const4 {
		return nil, fmt.Errorf("it is a state of version %d, and usher reads version %d: run terraform state pull with a newer Terraform",
			state.Version, const4)
	}
	found := &Terraform{}
	for _, r := range state.Resources {
		kind, licenses := map[string]ledger.HolderKind{"azuread_user_license": ledger.User, "azuread_group_license": ledger.Group}[r.Type]
		if !licenses || r.Mode != "managed" {
			continue
		}
		address := strings.TrimPrefix(r.Module+"."+r.Type+"."+r.Name, ".")
		if !slices.Contains(found.Resources, address) {
			found.Resources = append(found.Resources, address)
		}
		for _, i := range r.Instances {
			holder, sku := holderOf(i.Attributes)
			if holder == "" || sku == "" {
				return nil, fmt.Errorf("%s lacks the id of its holder or of its product", indexed(address, i.Index))
			}
			found.Seats = append(found.Seats, TerraformSeat{indexed(address, i.Index), address,
				ledger.Holder{Kind: kind, ID: holder, Name: holder}, ledger.Item{Kind: ledger.Seat, ID: sku, Name: sku}})
		}
	}
	if len(found.Seats) == 0 {
		return nil, errors.New("it has no azuread_user_license and no azuread_group_license")
	}
	return found, nil
}

// holderOf are the ids of a license. The id of the resource has both: HOLDER/license/PRODUCT.
func holderOf(attributes json.RawMessage) (holder, sku string) {
	var a struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(attributes, &a) != nil {
		return "", ""
	}
	holder, sku, _ = strings.Cut(strings.ToLower(a.ID), "/license/")
	return holder, sku
}

// indexed is the address of an instance.
func indexed(address string, index any) string {
	switch i := index.(type) {
	case string:
		return fmt.Sprintf("%s[%q]", address, i)
	case float64:
		return fmt.Sprintf("%s[%d]", address, int(i))
	}
	return address
}
