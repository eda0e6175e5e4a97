package engine

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/state"
)

// Inputs are what completes the files of a configuration.
type Inputs struct {
	Vars     []string // NAME=VALUE
	VarFiles []string // paths
	Backend  []string // NAME=VALUE for the backend block, or paths of files of such lines
	Skip     []string // services that are left unread
	Remote   bool     // files may name other machines for tokens, and a database without a verified certificate
	Base     string   // revision of the repository that a branch is to be merged into; "" for none
	Simulate bool     // the tenant is made of the files, and there is no state
}

// Loaded is a configuration and the store of its state. Nothing was asked of either
// the store or the tenant yet.
type Loaded struct {
	*World
	Config  *config.Config
	Catalog *catalog.Catalog
	Store   *state.Store
	Base    *Base // nil where none is named
	inputs  Inputs
	options config.Options // with which the files were read
	scratch string         // directory of a simulated tenant, which goes when it is closed; "" for none
}

// Extent is how much of a configuration is loaded.
type Extent func(dir string, o config.Options) (*config.Config, hcl.Diagnostics)

// Whole loads everything. Every variable needs a value.
func Whole() Extent { return config.Load }

// Lenient loads everything, and leaves out what rests on variables without a value.
func Lenient() Extent {
	return func(dir string, o config.Options) (*config.Config, hcl.Diagnostics) {
		o.Lenient = true
		return config.Load(dir, o)
	}
}

// Settings loads what the state needs, and nothing else.
func Settings() Extent { return config.LoadSettings }

// Connection loads what the state and the tenant need: enough for a saved plan.
func Connection() Extent { return config.LoadConnection }

// Load reads a configuration and opens its store. Where diagnostics have an error, or
// the error is not nil, nothing of the value may be used but the files of its Config.
//
// Nothing is asked of anybody: a configuration with a wrong word costs no sign-in, and
// commands that need no tenant end here.
func Load(w *World, in Inputs, part Extent) (*Loaded, hcl.Diagnostics, error) {
	if err := in.check(); err != nil {
		return nil, nil, err
	}
	l := &Loaded{World: w, inputs: in}
	var err error
	if l.Catalog, err = catalog.Load(); err != nil {
		return nil, nil, err
	}
	opts := config.Options{Version: w.Version, Vars: in.Vars, VarFiles: in.VarFiles, Env: w.Env, ReadFile: w.ReadFile, Catalog: l.Catalog,
		Remote: in.Remote, Alone: in.Simulate}
	l.options = opts
	var diags hcl.Diagnostics
	if l.Config, diags = part(w.Dir, opts); diags.HasErrors() {
		return l, diags, nil
	}
	flag := config.BackendFlag{Name: "-backend-config", Values: in.Backend}
	var set map[string]string
	if l.Config.Backend, set, err = l.Config.Backend.Complete(flag, w.ReadFile); err != nil {
		return l, diags, err
	}
	if l.Base, err = l.loadBase(opts, flag); err != nil {
		return l, diags, err
	}
	if in.Simulate {
		return l, diags, l.simulate()
	}
	l.Store, err = l.OpenStore(StoreChoice{Kind: l.Config.Backend.Kind, Written: l.Config.Backend.Args, Set: set, Flag: flag.Name})
	return l, diags, err
}

// Skippable is the service that a run can leave unread.
const Skippable = "powerplatform"

// check refuses inputs that name nothing.
func (i *Inputs) check() error {
	if at := slices.IndexFunc(i.Skip, func(s string) bool { return s != Skippable }); at >= 0 {
		return fmt.Errorf("-skip=%s names nothing that can be left unread: it can be %s", i.Skip[at], Skippable)
	}
	return nil
}

// skipsUnits reports whether environments are left unread.
func (l *Loaded) skipsUnits() bool { return slices.Contains(l.inputs.Skip, Skippable) }
