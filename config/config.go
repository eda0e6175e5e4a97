package config

import (
	"io/fs"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Config is one configuration: every *.hcl file of a directory.
type Config struct {
	Dir      string
	Timezone *time.Location // in which dates are whole days
	// FlowCapacity lets usher itself write the capacity of flows and machines,
	// which no public documentation shows how to do.
	FlowCapacity bool
	Backend      Backend
	Recipients   []Recipient // public keys that the state is encrypted for; none for plain text
	Tenant       Tenant
	Items        []ledger.ItemRules        // sorted by label
	Wants        []ledger.Want             // one for each holder and item, in the order of the files
	Selections   []ledger.Selection        // for everybody with some attributes, in the order of the files
	Environments []ledger.EnvironmentRules // environments, each by the name or id in its file
	Guard        ledger.Guard
	Ignores      []ledger.IgnoreRule  // drift that is no news, in the order of the files
	LetGo        []ledger.LetGo       // what usher forgets and leaves in the tenant
	Labels       []string             // of assignment blocks, also of those that give nothing
	Reasons      map[string]string    // why assignments are there, by the name of their block
	Files        map[string]*hcl.File // the sources, for showing lines
}

// Tenant says which tenant the configuration is about: an embedded one reads
// File, a served one is reached at Endpoint, and a real one has an ID.
type Tenant struct {
	File      string        // path of the tenant file, absolute or below the working directory
	Endpoint  string        // base URL of a served sandbox
	ID        string        // of a tenant of Microsoft's
	Cloud     catalog.Cloud // where that tenant is, for its hosts and scopes
	Endpoints catalog.Cloud // where its services answer: the cloud's, or what the block says
	Lag       time.Duration // how long readings of environments may be old
	PeopleLag time.Duration // how long readings of people and groups may be old
	Timeout   time.Duration // of one request; 0 for the default
	Writes    float64       // writes a second that the directory allows; 0 for as many as come
	Origin    ledger.Origin
}

// Options are what the command line adds to a configuration.
type Options struct {
	Version  string                   // of this usher, for required_version
	Vars     []string                 // NAME=VALUE
	VarFiles []string                 // paths
	Env      func(name string) string // variables of the environment; nil for none
	Catalog  *catalog.Catalog
	Remote   bool             // the endpoints of the tenant block may be on other machines
	Alone    bool             // nobody asks the tenant afterwards: what the catalog does not know is warned of
	Now      func() time.Time // the clock, to warn of days that have passed; nil for none
	Lenient  bool             // variables may lack a value: what rests on them is left out

	Files      fs.FS                             // stand for those of the directory; nil for those themselves
	ReadFile   func(path string) ([]byte, error) // reads what the command line names; nil for ReadFile
	Undeclared bool                              // values may be given to variables that no block declares
}

// LoadSettings reads only where a configuration keeps its state, for commands
// that look at nothing else: they work also while the rest is in error, or
// wants variables that nobody has at hand.
func LoadSettings(dir string, opts Options) (*Config, hcl.Diagnostics) {
	return watched(dir, func() (*Config, hcl.Diagnostics) { return load(dir, opts, false) })
}

// LoadConnection reads where a configuration keeps its state and which tenant it is
// about, for a saved plan, which has everything else.
func LoadConnection(dir string, opts Options) (*Config, hcl.Diagnostics) {
	return watched(dir, func() (*Config, hcl.Diagnostics) { return load(dir, opts, true) })
}

// load reads the settings, and with them the tenant block where that is asked for.
func load(dir string, opts Options, tenant bool) (*Config, hcl.Diagnostics) {
	src, diags := openSource(dir, opts.Files)
	cfg := &Config{Dir: dir, Timezone: time.UTC, Backend: Backend{Kind: "file"}, Files: src.texts()}
	if diags.HasErrors() {
		return cfg, sortDiags(diags)
	}
	defer src.close()
	ev, lacking := newEvaluator(src, src.body, opts)
	l := &lowering{eval: ev, src: src, catalog: opts.Catalog, remote: opts.Remote, cfg: cfg}
	settings := ofType(src.body, "usher", 0)
	l.diags = append(l.diags, checkShape(&hclsyntax.Body{Blocks: settings}, language(), "")...)
	for _, b := range settings {
		l.settings(b, opts.Version)
		if slices.ContainsFunc(b.Body.Blocks, l.eval.lacks) {
			l.diags = append(l.diags, lacking...)
		}
	}
	said, found := len(l.diags), len(ev.diags)
	l.tenant(src.body)
	switch {
	case tenant:
		needed := slices.ContainsFunc(ofType(src.body, "tenant", 1), ev.lacks)
		for _, d := range lacking {
			if needed || d.Summary != noValue { // a slip in -var is one also where nobody needs the value
				l.diags = append(l.diags, d)
			}
		}
	case cfg.Backend.Kind != "azblob": // which signs in there; what it says is nobody else's concern here
		l.diags, ev.diags = l.diags[:said], ev.diags[:found]
	}
	return cfg, sortDiags(append(ev.diags, l.diags...))
}

// Load reads, checks and lowers the configuration in dir. It always returns
// a Config, as complete as the diagnostics allow; with errors among them it
// must not be acted on.
func Load(dir string, opts Options) (*Config, hcl.Diagnostics) {
	return watched(dir, func() (*Config, hcl.Diagnostics) { return loadAll(dir, opts) })
}

// watched loads a configuration within bounds.
func watched(dir string, load func() (*Config, hcl.Diagnostics)) (*Config, hcl.Diagnostics) {
	cfg, diags := &Config{Dir: dir}, hcl.Diagnostics(nil)
	var loaded *Config
	if err := within(func() { loaded, diags = load() }); err != nil {
		return cfg, hcl.Diagnostics{broken(dir, "Configuration too costly", "The configuration in %s cannot be read: %s.", dir, err)}
	}
	return loaded, diags
}

// loadAll reads everything.
func loadAll(dir string, opts Options) (*Config, hcl.Diagnostics) {
	src, diags := openSource(dir, opts.Files)
	if diags.HasErrors() {
		return &Config{Dir: dir, Files: src.texts()}, sortDiags(diags)
	}
	defer src.close()
	body := src.body
	diags = append(diags, checkShape(body, language(), "")...)
	ev, more := newEvaluator(src, body, opts)
	diags = append(diags, more...)

	l := &lowering{eval: ev, src: src, catalog: opts.Catalog, remote: opts.Remote, alone: opts.Alone, now: opts.Now, cfg: &Config{
		Dir:      dir,
		Timezone: time.UTC,
		Backend:  Backend{Kind: "file"},
		Files:    src.texts(),
	}}
	l.lower(body, opts.Version)
	diags = append(diags, ev.diags...)
	diags = append(diags, l.finish()...)
	return l.cfg, sortDiags(diags)
}
