package config

import (
	"reflect"

	"github.com/usher-cli/usher/ledger"
)

// SameBut reports whether two configurations say the same, but for what they give to whom,
// and for the lines on which it stands.
//
// A list can be more than a list: a guard can be made of its length.
func SameBut(a, b *Config) bool {
	return reflect.DeepEqual(a.rest(), b.rest())
}

// rest is a configuration without its wants, its texts and its lines.
func (c *Config) rest() Config {
	r := *c
	r.Wants, r.Selections, r.Files, r.Labels, r.Reasons = nil, nil, nil, nil, nil
	r.Backend.Origin, r.Tenant.Origin, r.Guard.Origin = ledger.Origin{}, ledger.Origin{}, ledger.Origin{}
	r.Items = append([]ledger.ItemRules(nil), c.Items...)
	for i := range r.Items {
		r.Items[i].Origin = ledger.Origin{}
	}
	r.Environments = append([]ledger.EnvironmentRules(nil), c.Environments...)
	for i := range r.Environments {
		r.Environments[i].Origin = ledger.Origin{}
	}
	r.LetGo = append([]ledger.LetGo(nil), c.LetGo...)
	for i := range r.LetGo {
		r.LetGo[i].Origin = ledger.Origin{}
	}
	r.Ignores = append([]ledger.IgnoreRule(nil), c.Ignores...)
	for i := range r.Ignores {
		r.Ignores[i].Origin = ledger.Origin{}
	}
	r.Recipients = append([]Recipient(nil), c.Recipients...)
	for i := range r.Recipients {
		r.Recipients[i] = Recipient{Key: r.Recipients[i].Key}
	}
	return r
}
