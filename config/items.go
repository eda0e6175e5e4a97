package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// license lowers a license block.
//
//	license "e5" {
//	  sku       = "SPE_E5"
//	  quantity  = 50
//	  unmanaged = "warn"
//	}
//
// The label is what grants call it. Without unmanaged a plan warns of seats that no file
// declares: a new user of usher sees them, and loses none.
func (l *lowering) license(b *hclsyntax.Block) {
	label := b.Labels[0]
	if first, twice := l.licenses[label]; twice {
		l.fail(b.DefRange(), "Duplicate license", "license %q is declared at %s already.", label, first.rules.Origin.String())
		return
	}
	attrs := b.Body.Attributes
	p := ledger.ItemRules{Label: label, Unmanaged: ledger.Warn, Origin: origin(b)}
	p.UseGrace = l.eval.flag(attrs["use_grace"])
	l.units(&p, attrs)
	l.unmanaged(&p, b.Body)
	p.Owner = l.owner(attrs["owner"], l.eval)
	p.Hold = l.days(attrs["hold"])
	p.Refresh = ledger.RefreshList
	if mode, ok := l.eval.text(attrs["refresh_flows"]); ok {
		p.Refresh = ledger.RefreshMode(mode)
		l.oneOf(attrs["refresh_flows"], mode, "list", "force", "never")
	}
	lic := license{rules: p, block: b}
	if ref, ok := l.eval.required(attrs["sku"]); ok {
		lic.rules.Item, lic.product = l.product(ref, attrs["sku"].Expr.Range())
		l.sameSKU(lic, attrs["sku"].Expr.Range())
	}
	if lic.product != nil && p.Quantity != nil && (lic.product.Kind == catalog.Free || lic.product.Kind == catalog.Trial) {
		l.fail(
			attrs["quantity"].Expr.Range(),
			"Quantity of a product that nobody buys",
			"%s is a %s product: nobody buys it, so it has no quantity to declare.",
			lic.product.PartNumber,
			lic.product.Kind,
		)
	}
	l.licenses[label] = lic
	l.cfg.Items = append(l.cfg.Items, lic.rules)
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// product finds what a sku names. A name that the catalog does not know may still be right,
// because Microsoft adds products: the tenant decides.
//
// A name that several products of Microsoft share is refused, because one of them would be
// given to everybody. An id is taken as it is: Microsoft renames products, and not ids.
func (l *lowering) product(ref string, at hcl.Range) (ledger.Item, *catalog.Product) {
	if account, part, found := strings.Cut(ref, ":"); found && account != "" && len(l.catalog.Product(part)) == 1 { // as PowerShell writes it
		l.diags = append(l.diags, warning(at, "Product with an account", "%q is read as %s: write %q, without the account.", ref, part, part))
		ref = part
	}
	named := ledger.Item{Kind: ledger.Seat, Name: ref}
	if guid.MatchString(ref) { // an id means that SKU, whatever it is called
		named.ID, named.Name = strings.ToLower(ref), strings.ToLower(ref)
	}
	switch found := l.catalog.Product(ref); {
	case len(found) > 1:
		var parts []string
		for _, p := range found {
			parts = append(parts, p.PartNumber)
		}
		l.fail(at, "Ambiguous product", "%q is the name of several SKUs: write one of the part numbers %s.", ref, strings.Join(parts, ", "))
	case len(found) == 1 && found[0].Kind == catalog.Units:
		l.fail(
			at,
			"Capacity is not a seat",
			"%s (%s) is capacity. Environments hold capacity: declare a capacity block, not a license.",
			found[0].PartNumber,
			found[0].Name,
		)
	case len(found) == 1:
		named.Name = found[0].PartNumber
		return named, &found[0]
	case guid.MatchString(ref):
	case l.alone:
		l.diags = append(l.diags, warning(at, "Product not in the catalog",
			"This usher does not know the SKU %q.%s Whether the tenant has it shows when planning.", ref, didYouMean(ref, l.catalog.PartNumbers())))
	}
	return named, nil
}

// sameSKU refuses two blocks of one product: they would share its pool.
func (l *lowering) sameSKU(lic license, at hcl.Range) {
	for _, other := range l.licenses {
		if strings.EqualFold(other.rules.Item.Name, lic.rules.Item.Name) {
			l.fail(at, "Duplicate license", "%s is the SKU of license %q at %s already: two blocks cannot share a pool.",
				lic.rules.Item.Name, other.rules.Label, other.rules.Origin.String())
		}
	}
}

// capacity lowers a capacity block.
//
//	capacity "process" {
//	  quantity = 20
//	  reserve  = 2
//	}
//
// The label is one of the catalog's types. Another type, which Microsoft added since, is
// declared with its own name for it: type = "NAME".
func (l *lowering) capacity(b *hclsyntax.Block) {
	name := b.Labels[0]
	attrs := b.Body.Attributes
	item, known := l.capacities[name]
	typ, escaped := l.eval.text(attrs["type"])
	switch {
	case l.catalog.IsStorage(name) || l.catalog.IsStorage(typ):
		l.fail(
			b.DefRange(),
			"Storage cannot be allocated",
			"Dataverse storage belongs to the whole tenant: the service refuses to allocate it to an environment.",
		)
		return
	case escaped && typ == "":
		l.fail(attrs["type"].Expr.Range(), "Wrong value", "type is the Power Platform's name of a currency type, and it is empty.")
		return
	case escaped && known && item.ID != typ:
		l.fail(
			attrs["type"].Expr.Range(),
			"Capacity type renamed",
			"capacity %q is the type %s: leave type out, or choose another label.",
			name,
			item.ID,
		)
		return
	case escaped:
		item = ledger.Item{Kind: ledger.Capacity, ID: typ, Name: l.catalog.CapacityName(typ)}
		l.capacities[name] = item
	case !known:
		l.fail(
			b.LabelRanges[0],
			"Unknown capacity type",
			"There is no capacity type %q.%s A type that this usher does not know yet is declared with type = \"ITS NAME\".",
			name,
			didYouMean(name, l.capacityNames()),
		)
		return
	}
	p := ledger.ItemRules{Label: name, Item: item, Unmanaged: ledger.Ignore, Origin: origin(b)}
	l.units(&p, attrs)
	for _, other := range l.cfg.Items {
		if other.Item.Kind == ledger.Capacity && other.Item.ID == item.ID {
			l.fail(b.DefRange(), "Duplicate capacity", "The type %s is declared at %s already.", item.ID, other.Origin.String())
		}
	}
	l.cfg.Items = append(l.cfg.Items, p)
}

// units reads quantity, reserve and price, which license and capacity share.
//
// A quantity is a promise to buy: a plan may use that much, and says what is to be bought.
// A reserve is kept free whatever the files ask for.
func (l *lowering) units(p *ledger.ItemRules, attrs hclsyntax.Attributes) {
	p.Price = l.price(attrs["price"])
	if n, ok := l.eval.countArgument(attrs["quantity"]); ok {
		p.Quantity = &n
	}
	if n, ok := l.eval.countArgument(attrs["reserve"]); ok {
		p.Reserve = n
		if p.Quantity != nil && n > *p.Quantity {
			l.fail(
				attrs["reserve"].Expr.Range(),
				"Reserve above quantity",
				"A reserve of %d out of a quantity of %d leaves nothing to give.",
				n,
				*p.Quantity,
			)
		}
	}
}

// capacityNames lists the capacity types that a file can name.
func (l *lowering) capacityNames() []string { return slices.Sorted(maps.Keys(l.capacities)) }

// licenseLabels lists the licenses that a file can grant.
func (l *lowering) licenseLabels() []string { return slices.Sorted(maps.Keys(l.licenses)) }
