package config

import (
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/usher-cli/usher/ledger"
)

// Fleet is many tenants, and how they are worked on.
type Fleet struct {
	Dir      string
	Files    map[string]*hcl.File // that were read, to show lines of
	Queue    string               // SQLite or PostgreSQL
	Database string               // file of SQLite
	Timeout  time.Duration        // of one operation of one tenant
	Keep     int                  // days for which results are kept
	Tenants  []FleetTenant        // sorted by name
}

// Where a fleet keeps its queue and its results.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgres"
)

// FleetTenant is a tenant of a fleet.
type FleetTenant struct {
	Name      string // unique in the fleet
	ID        string // of the tenant that has to answer; "" where nobody says
	Directory string // of its configuration, below that of the fleet
	Owner     string
	Variables map[string]string
	Labels    map[string]string
	Window    Window // when the night may reach it
	Requests  int    // that its jobs send it a second, on average; 0 for no limit of the fleet's
	Origin    ledger.Origin
}

// fleetLanguage is all that a fleet can say.
func fleetLanguage() block {
	each := []string{"timezone", "window", "owner", "max_requests"}
	return block{blocks: []block{
		{name: "fleet", once: true, optional: append([]string{"queue", "database", "timeout", "keep"}, each...)},
		{name: "tenant", labels: []string{"name"}, required: []string{"directory"},
			optional: append([]string{"for_each", "tenant_id", "variables", "labels"}, each...)},
		{name: "variable", labels: []string{"name"}, optional: []string{"default", "type", "description"}},
		{name: "locals", open: true},
	}}
}

// LoadFleet reads the *.hcl files of a directory as a fleet. With errors among the diagnostics it
// must not be acted on.
func LoadFleet(dir string, opts Options) (*Fleet, hcl.Diagnostics) {
	fleet, diags := &Fleet{Dir: dir}, hcl.Diagnostics(nil)
	var loaded *Fleet
	if err := within(func() { loaded, diags = loadFleet(dir, opts) }); err != nil {
		return fleet, hcl.Diagnostics{broken(dir, "Fleet too costly", "The fleet in %s cannot be read: %s.", dir, err)}
	}
	return loaded, diags
}

// The values of a fleet that says nothing.
const (
	fleetTimeout = 30 * time.Minute
	fleetKeep    = 90
)

func loadFleet(dir string, opts Options) (*Fleet, hcl.Diagnostics) {
	if opts.Files == nil && Empty(dir) {
		return &Fleet{Dir: dir}, hcl.Diagnostics{broken(dir, "No fleet",
			"The directory %s has no *.hcl file: write one with a tenant block for each tenant, or name another directory with -chdir=DIR.", dir)}
	}
	src, diags := openSource(dir, opts.Files)
	f := &Fleet{Dir: dir, Queue: SQLite, Database: "fleet.db", Timeout: fleetTimeout, Keep: fleetKeep, Files: src.texts()}
	if diags.HasErrors() {
		return f, sortDiags(diags)
	}
	defer src.close()
	diags = append(diags, checkShape(src.body, fleetLanguage(), "")...)
	ev, more := newEvaluator(src, src.body, opts)
	l := &fleetLowering{lowering: &lowering{eval: ev, src: src, cfg: &Config{Timezone: time.UTC}}, fleet: f, names: map[string]hcl.Range{}}
	for _, b := range ofType(src.body, "fleet", 0) {
		l.settings(b)
	}
	for _, b := range ofType(src.body, "tenant", 1) {
		l.forEach(b, func(ev *evaluator, name, label string) { l.tenant(b, ev, name, label) })
	}
	if len(f.Tenants) == 0 && !diags.HasErrors() {
		l.diags = append(l.diags, broken(dir, "No tenant", "The fleet in %s has no tenant block: write one for each tenant.", dir))
	}
	slices.SortFunc(f.Tenants, func(a, b FleetTenant) int { return strings.Compare(a.Name, b.Name) })
	return f, sortDiags(slices.Concat(diags, more, ev.diags, l.diags))
}

// fleetLowering turns the blocks of a fleet into tenants.
type fleetLowering struct {
	*lowering
	fleet *Fleet
	usual FleetTenant // what the fleet block says for all
	names map[string]hcl.Range
}

func (l *fleetLowering) settings(b *hclsyntax.Block) {
	attrs := b.Body.Attributes
	if kind, ok := l.eval.text(attrs["queue"]); ok {
		if l.fleet.Queue = kind; kind != SQLite && kind != PostgreSQL {
			l.fail(attrs["queue"].Expr.Range(), "Unknown queue", "The queue is %s or %s, and this is %q.", SQLite, PostgreSQL, kind)
		}
	}
	if name, ok := l.eval.text(attrs["database"]); ok {
		l.fleet.Database = l.below(attrs["database"], name)
	}
	l.length(attrs["timeout"], &l.fleet.Timeout)
	if l.fleet.Timeout < time.Second {
		l.fail(attrs["timeout"].Expr.Range(), "Too short", "No job ends within %s: write a longer timeout.", l.fleet.Timeout)
	}
	if attrs["keep"] != nil {
		l.fleet.Keep = l.days(attrs["keep"])
	}
	l.shared(l.eval, attrs, &l.usual)
}

// shared are the arguments of one tenant that the fleet can say for all.
func (l *fleetLowering) shared(ev *evaluator, attrs hclsyntax.Attributes, t *FleetTenant) {
	if owner, ok := ev.text(attrs["owner"]); ok {
		t.Owner = owner
	}
	if n, ok := ev.countArgument(attrs["max_requests"]); ok {
		if t.Requests = int(n); n < 1 {
			ev.fail(attrs["max_requests"].Expr.Range(), "Number out of range", "Nothing can be done with %d requests a second: write 1 or more.", n)
		}
	}
	if name, ok := ev.text(attrs["timezone"]); ok {
		zone, err := time.LoadLocation(name)
		if err != nil {
			ev.fail(attrs["timezone"].Expr.Range(), "Unknown time zone", "There is no time zone %q: write one such as Europe/Amsterdam.", name)
		}
		t.Window.Zone = zone
	}
	if text, ok := ev.text(attrs["window"]); ok {
		if !t.Window.parse(text) {
			ev.fail(attrs["window"].Expr.Range(), "Wrong window", "A window is two times of the day, such as \"22:00-05:30\", and this is %q.", text)
		}
	}
}

// below is a path inside the directory of the fleet. A fleet that could name any directory would
// let a pull request run what lies elsewhere on the machine of a worker.
func (l *fleetLowering) below(attr *hclsyntax.Attribute, name string) string {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		l.eval.fail(attr.Expr.Range(), "Outside of the fleet", "%q leads out of the directory of the fleet: name a path below it.", name)
	}
	return path.Clean(name)
}

// tenantName is what names of tenants can be: they stand in tables, tags and commands.
var tenantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (l *fleetLowering) tenant(b *hclsyntax.Block, ev *evaluator, instance, name string) {
	attrs := b.Body.Attributes
	t := l.usual
	t.Name, t.Origin = name, ledger.Origin{File: b.TypeRange.Filename, Line: b.TypeRange.Start.Line, Block: instance}
	switch first, twice := l.names[strings.ToLower(name)]; {
	case !tenantName.MatchString(name):
		ev.fail(b.DefRange(), "Wrong name", "%q cannot be the name of a tenant: write letters, digits, dots and dashes, at most 63.", name)
	case twice:
		ev.fail(b.DefRange(), "Duplicate tenant", "There is a tenant %q already, at %s.", name, rangeText(first))
	}
	l.names[strings.ToLower(name)] = b.DefRange()
	if id, ok := ev.text(attrs["tenant_id"]); ok {
		t.ID = strings.ToLower(id)
		if !tenantID.MatchString(id) { // an empty cell of a list would switch off what the id guards
			ev.fail(attrs["tenant_id"].Expr.Range(), "Not a tenant id", "%s: %q is not the id of a tenant, such as "+
				"\"3f2c1a90-0000-4000-8000-000000000000\".", name, id)
		} else if at := slices.IndexFunc(l.fleet.Tenants, func(o FleetTenant) bool { return o.ID == t.ID }); at >= 0 {
			ev.fail(attrs["tenant_id"].Expr.Range(), "One tenant twice", "%s is the tenant %s already, at %s: each of the two would undo what the "+
				"other one does.", l.fleet.Tenants[at].Name, id, l.fleet.Tenants[at].Origin.String())
		}
	}
	if dir, ok := ev.required(attrs["directory"]); ok {
		t.Directory = l.below(attrs["directory"], dir)
	}
	t.Variables, t.Labels = ev.texts(attrs["variables"]), ev.texts(attrs["labels"])
	for _, name := range slices.Sorted(maps.Keys(t.Variables)) {
		if holdsSecret.MatchString(name) {
			ev.fail(attrs["variables"].Expr.Range(), "A secret in a file", "The variable %q sounds like a secret, which does not belong into a "+
				"file that others read: give it to the worker, with -credential-command.", name)
		}
	}
	l.shared(ev, attrs, &t)
	l.fleet.Tenants = append(l.fleet.Tenants, t)
}

// texts is a map of names to texts; nil where it has no value.
func (e *evaluator) texts(attr *hclsyntax.Attribute) map[string]string {
	v, ok := e.value(attr)
	if !ok {
		return nil
	}
	if t := v.Type(); !t.IsMapType() && !t.IsObjectType() {
		e.fail(attr.Expr.Range(), "Wrong type", "This must be a map of texts, and it is %s.", kindOf(v))
		return nil
	}
	all := map[string]string{}
	for it := v.ElementIterator(); it.Next(); {
		k, element := it.Element()
		text, err := convert.Convert(element, cty.String)
		if err != nil || text.IsNull() || !text.IsKnown() {
			e.fail(attr.Expr.Range(), "Wrong type", "%q must be a text, and it is %s.", k.AsString(), kindOf(element))
			continue
		}
		all[k.AsString()] = text.AsString()
	}
	return all
}
