package config

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// block describes one kind of block: its labels, its attributes and the
// blocks inside it. The language is the value of language, and nothing else
// decides what is accepted.
type block struct {
	name     string
	labels   []string
	required []string
	optional []string
	open     bool // attribute names are free: they name capacity types
	once     bool // at most one in its parent
	blocks   []block
}

// language is the whole language on one screen.
func language() block {
	return block{blocks: []block{
		{name: "usher", once: true, optional: []string{"required_version", "timezone", "experimental"}, blocks: []block{
			{name: "backend", labels: []string{"kind"}, once: true, optional: everyBackendArgument()},
			{name: "encryption", once: true, required: []string{"recipients"}},
		}},
		{name: "tenant", labels: []string{"kind"}, once: true,
			optional: []string{"file", "endpoint", "lag", "people_lag", "timeout", "tenant_id", "cloud", "writes_per_second"}, blocks: []block{
				{name: "endpoints", once: true, optional: []string{"login", "graph", "power_platform", "admin", "purchase"}},
			}},
		{name: "variable", labels: []string{"name"}, optional: []string{"default", "type", "description"}},
		{name: "locals", open: true},
		{name: "license", labels: []string{"label"}, required: []string{"sku"},
			optional: []string{"quantity", "reserve", "unmanaged", "use_grace", "refresh_flows", "owner", "price", "hold"},
			blocks: []block{
				{name: "unmanaged", once: true, required: []string{"action"}, optional: []string{"older_than", "guests", "disabled_accounts"}},
			}},
		{name: "capacity", labels: []string{"name"}, optional: []string{"type", "quantity", "reserve", "price"}},
		{name: "assignment", labels: []string{"label"},
			optional: []string{
				"for_each",
				"users",
				"users_file",
				"users_column",
				"groups",
				"disabled_accounts",
				"usage_location",
				"from",
				"until",
				"unknown_names",
				"except",
				"except_file",
				"reason",
			}, blocks: []block{
				{name: "members", optional: attributeNames()},
				{name: "grant", labels: []string{"license"}, optional: []string{"disabled_plans", "enabled_plans"}},
			}},
		{name: "environment", labels: []string{"label"},
			optional: []string{"for_each", "id", "owner", "auto_allocated", "hosted_serves_process", "unknown_names"}, blocks: []block{
				{name: "capacity", once: true, open: true},
				{name: "flow", labels: []string{"label"}, required: []string{"plan"}, optional: []string{"id"}},
				{name: "machine", labels: []string{"label"}, required: []string{"unattended_runs"}, optional: []string{"id"}},
				{name: "machine_group", labels: []string{"label"}, required: []string{"committed_bots"}, optional: []string{"id"}},
			}},
		{name: "self_service_purchase", labels: []string{"product"}, required: []string{"policy"}},
		{name: "ignore", labels: []string{"label"}, required: []string{"address", "reason"}, optional: []string{"until"}},
		{name: "removed", required: []string{"from", "keep"}},
		{name: "guard", once: true,
			optional: []string{"max_losses", "max_loss_percent", "max_unknown_names", "max_unknown_percent",
				"max_attribute_moves", "max_attribute_move_percent", "protect", "owner"}},
	}}
}

// attributeNames are the attributes of the directory that select people.
func attributeNames() []string {
	var names []string
	for _, a := range ledger.Attributes() {
		names = append(names, a.Name)
	}
	return names
}

// attributes lists all arguments of a block.
func (b block) attributes() []string { return slices.Concat(b.required, b.optional) }

// child finds a block inside of a block.
func (b block) child(name string) (block, bool) {
	for _, c := range b.blocks {
		if c.name == name {
			return c, true
		}
	}
	return block{}, false
}

// childNames lists the blocks inside of a block.
func (b block) childNames() []string {
	var names []string
	for _, c := range b.blocks {
		names = append(names, c.name)
	}
	return names
}
