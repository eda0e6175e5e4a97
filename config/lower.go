package config

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a CI image may carry no time zones

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// lowering turns blocks into the plain values of a Config.
type lowering struct {
	eval    *evaluator
	src     *source
	catalog *catalog.Catalog
	cfg     *Config
	remote  bool             // endpoints may be on other machines
	alone   bool             // nobody asks the tenant afterwards
	now     func() time.Time // nil where nobody says
	today   string           // where the organisation is; "" where nobody says

	licenses     map[string]license     // by label
	capacities   map[string]ledger.Item // declared and known ones, by name
	environments map[string]hcl.Range   // by name, to find double declarations
	inside       map[string]hcl.Range   // flows and machines, likewise
	assigned     map[string]hcl.Range   // assignments, likewise
	ended        map[string]bool        // types whose end was said, by name and file
	diags        hcl.Diagnostics
}

// license is a license block; product is nil where the catalog does not know
// what its sku names.
type license struct {
	rules   ledger.ItemRules
	product *catalog.Product
	block   *hclsyntax.Block
}

// lower turns blocks into wants: licenses and capacity first, then all that refers to them.
//
// It goes on after errors, so that a reader of the messages can mend all of them at once.
// Nobody uses a Config with errors.
func (l *lowering) lower(body *hclsyntax.Body, version string) {
	l.licenses = map[string]license{}
	l.capacities = map[string]ledger.Item{}
	l.environments = map[string]hcl.Range{}
	l.inside = map[string]hcl.Range{}
	l.assigned = map[string]hcl.Range{}
	l.ended = map[string]bool{}
	for _, t := range l.catalog.CapacityTypes() {
		l.capacities[t.Name] = ledger.Item{Kind: ledger.Capacity, ID: t.ID, Name: t.Name}
	}
	for _, b := range ofType(body, "usher", 0) {
		l.settings(b, version)
	}
	if l.now != nil {
		l.today = l.now().In(l.cfg.Timezone).Format(time.DateOnly)
	}
	l.tenant(body)
	for _, b := range ofType(body, "license", 1) {
		l.license(b)
	}
	for _, b := range ofType(body, "capacity", 1) {
		l.capacity(b)
	}
	for _, b := range ofType(body, "assignment", 1) {
		l.assignments(b)
	}
	for _, b := range ofType(body, "environment", 1) {
		l.environmentsOf(b)
	}
	for _, b := range ofType(body, "self_service_purchase", 1) {
		l.selfService(b)
	}
	for _, b := range ofType(body, "ignore", 1) {
		l.ignore(b)
	}
	for _, b := range ofType(body, "removed", 0) {
		l.removed(b)
	}
	for _, b := range ofType(body, "guard", 0) {
		l.guard(b)
	}
}

// finish merges what was declared more than once.
func (l *lowering) finish() hcl.Diagnostics {
	slices.SortFunc(l.cfg.Items, func(a, b ledger.ItemRules) int { return strings.Compare(a.Label, b.Label) })
	wants, diags := mergeWants(l.cfg.Wants)
	l.cfg.Wants = wants
	return append(l.diags, diags...)
}

// fail notes an error.
func (l *lowering) fail(at hcl.Range, summary, format string, args ...any) {
	l.diags = append(l.diags, failure(at, summary, format, args...))
}

// settings lowers the usher block.
//
//	usher {
//	  required_version = ">= 0.1.0"
//	  timezone         = "Europe/Amsterdam"
//
//	  backend "azblob" { … }
//	}
//
// The time zone decides when a day begins, on which an assignment starts or ends: a job of
// the night runs on machines of another zone than the office.
func (l *lowering) settings(b *hclsyntax.Block, running string) {
	attrs := b.Body.Attributes
	if text, ok := l.eval.text(attrs["required_version"]); ok {
		l.requiredVersion(text, running, attrs["required_version"].Expr.Range())
	}
	if name, ok := l.eval.text(attrs["timezone"]); ok {
		zone, err := time.LoadLocation(name)
		if err != nil {
			l.fail(attrs["timezone"].Expr.Range(), "Unknown time zone",
				"%q is not a time zone such as \"Europe/Amsterdam\" or \"UTC\".", name)
		} else {
			l.cfg.Timezone = zone
		}
	}
	l.experiments(attrs["experimental"])
	for _, inner := range ofType(b.Body, "backend", 1) {
		l.backend(inner)
	}
	for _, inner := range ofType(b.Body, "encryption", 0) {
		l.encryption(inner)
	}
}

// experiments reads what the configuration allows usher although it is not
// known to last.
//
// An experiment rests on something that Microsoft has not promised to keep. It is off until
// a file names it, and it can go with any version.
func (l *lowering) experiments(attr *hclsyntax.Attribute) {
	known := []string{"flow_capacity"}
	names, _ := l.eval.list(attr)
	for _, n := range names {
		if !contains(known, n.text) {
			l.fail(
				n.at,
				"Unknown experiment",
				"There is no experiment %q.%s There is %s.",
				n.text,
				didYouMean(n.text, known),
				strings.Join(known, ", "),
			)
		}
		l.cfg.FlowCapacity = l.cfg.FlowCapacity || n.text == "flow_capacity"
	}
}

// requiredVersion refuses a configuration for another usher.
func (l *lowering) requiredVersion(text, running string, at hcl.Range) {
	constraint, err := version.NewConstraint(text)
	if err != nil {
		l.fail(at, "Wrong version constraint", "%q is not a version constraint such as \">= 0.1.0\".", text)
		return
	}
	v, err := version.NewVersion(running)
	if err != nil { // a development build satisfies everything
		return
	}
	if !constraint.Check(v.Core()) {
		l.fail(at, "Another version of usher is needed",
			"This configuration asks for usher %s, and this is usher %s.", text, running)
	}
}

// guard lowers the guard block.
//
//	guard {
//	  max_losses = 20
//	  protect    = ["user/ceo@contoso.com"]
//	}
//
// A limit that is not written stays nil. The defaults bind where neither limit of a pair is
// written.
func (l *lowering) guard(b *hclsyntax.Block) {
	attrs, g := b.Body.Attributes, &l.cfg.Guard
	g.Origin, g.Owner = origin(b), l.owner(attrs["owner"], l.eval)
	g.MaxLosses, g.MaxLossPercent = l.bound(attrs["max_losses"]), l.share(attrs["max_loss_percent"])
	g.MaxUnknown, g.MaxUnknownPercent = l.bound(attrs["max_unknown_names"]), l.share(attrs["max_unknown_percent"])
	g.MaxMoves, g.MaxMovePercent = l.bound(attrs["max_attribute_moves"]), l.share(attrs["max_attribute_move_percent"])
	entries, _ := l.eval.list(attrs["protect"])
	for _, e := range entries {
		kind, name, err := ledger.SplitHolder(e.text)
		if err != nil {
			l.fail(e.at, "Wrong address", "%s.", err)
			continue
		}
		l.cfg.Guard.Protect = append(l.cfg.Guard.Protect, ledger.Holder{Kind: kind, Name: name})
	}
	if p := attrs["protect"]; p != nil {
		l.cfg.Guard.Origin = ledger.Origin{File: p.NameRange.Filename, Line: p.NameRange.Start.Line, Block: "guard"}
	}
}

// owner reads who has to agree to a plan: an account or a team of the forge. It is one
// word, because programs read the list of owners.
func (l *lowering) owner(attr *hclsyntax.Attribute, ev *evaluator) string {
	name, ok := ev.text(attr)
	if ok && (strings.TrimSpace(name) == "" || strings.ContainsAny(name, " \t\r\n,")) {
		l.fail(attr.Expr.Range(), "Not an owner", "%q is not the name of one account or team, such as \"@contoso/licences\".", name)
	}
	return name
}

// bound reads a number that a guard allows; nil where none is written.
func (l *lowering) bound(attr *hclsyntax.Attribute) *int64 {
	n, ok := l.eval.countArgument(attr)
	if !ok {
		return nil
	}
	return &n
}

// share reads a percentage that a guard allows; nil where none is written.
func (l *lowering) share(attr *hclsyntax.Attribute) *int64 {
	n := l.bound(attr)
	if n != nil && *n > 100 {
		l.fail(attr.Expr.Range(), "Number out of range", "A share is at most 100 percent, and this is %d.", *n)
	}
	return n
}

// oneOf refuses a word that an argument does not know, and reports whether it knows it.
//
// The message has all words and the one that was probably meant: a reader need not look
// into the documentation.
func (l *lowering) oneOf(attr *hclsyntax.Attribute, word string, known ...string) bool {
	if contains(known, word) {
		return true
	}
	quoted := make([]string, len(known))
	for i, k := range known {
		quoted[i] = strconv.Quote(k)
	}
	most := len(quoted) - 1
	l.fail(attr.Expr.Range(), "Wrong value", "%s is %s or %s, and this is %q.%s",
		attr.Name, strings.Join(quoted[:most], ", "), quoted[most], word, didYouMean(word, known))
	return false
}

// unknownNames reads whether names that mean nobody are meant.
func (l *lowering) unknownNames(attr *hclsyntax.Attribute, ev *evaluator) bool {
	text, ok := ev.text(attr)
	if ok {
		l.oneOf(attr, text, "refuse", "ignore")
	}
	return text == "ignore"
}

// path resolves a path of the configuration against its directory.
func (l *lowering) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(l.cfg.Dir, filepath.FromSlash(p))
}

// origin is the place of a block.
func origin(b *hclsyntax.Block) ledger.Origin {
	return ledger.Origin{File: b.TypeRange.Filename, Line: b.TypeRange.Start.Line, Block: blockName(b)}
}

// ofType returns the blocks of a type that have the right number of labels;
// the others are reported by checkShape.
func ofType(body *hclsyntax.Body, name string, labels int) []*hclsyntax.Block {
	var found []*hclsyntax.Block
	for _, b := range body.Blocks {
		if b.Type == name && len(b.Labels) == labels {
			found = append(found, b)
		}
	}
	return found
}
