package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/state/postgres"
)

// StoreChoice is what a configuration and the command line say of a store.
type StoreChoice struct {
	Kind    string
	Written map[string]string // in the backend block, or a file that completes it; nil where there is neither
	Set     map[string]string // by NAME=VALUE of a flag, which wins
	Flag    string            // its name
}

// OpenStore opens a store that is chosen. What nobody says comes from the environment.
// Nothing is asked of the store yet.
func (l *Loaded) OpenStore(c StoreChoice) (*state.Store, error) {
	args := arguments{c, l.World}
	var b state.Backend
	var err error
	switch c.Kind {
	case "azblob":
		b, err = l.openBlob(args)
	case "http":
		b, err = l.openProtocol(args)
	case "postgres":
		b, err = l.openPostgres(args)
	default:
		b = state.NewFile(l.Path(filepath.FromSlash(cmp.Or(args.get("path"), "usher.state.json"))))
	}
	if err != nil {
		return nil, fmt.Errorf("the backend %q: %w", c.Kind, err)
	}
	seal, err := l.seal()
	if err != nil {
		return nil, err
	}
	return state.NewStore(b, state.Options{Now: l.Now, Seal: seal}), nil
}

// arguments are those of a backend, wherever they are given.
type arguments struct {
	StoreChoice
	world *World
}

// get is the value of an argument: of the flag, the block, and then the environment.
//
// The flag wins over the file and the file over the environment, as in Terraform. So one
// configuration can serve several stages of a pipeline.
func (g arguments) get(name string, variables ...string) string {
	return cmp.Or(g.Set[name], g.Written[name], g.world.Env("USHER_BACKEND_"+strings.ToUpper(name)), g.world.FirstEnv(variables...))
}

// missing says which arguments a backend lacks, all at once, and every place
// where they can be given.
func (g arguments) missing(has map[string]string) error {
	var names, variables []string
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if has[name] == "" {
			names, variables = append(names, name), append(variables, "USHER_BACKEND_"+strings.ToUpper(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	way := "give it"
	if g.Written != nil {
		way = "write it in the backend block, or give it"
	}
	return fmt.Errorf(
		"it lacks %s: %s with %s=%s=… or in %s",
		strings.Join(names, " and "),
		way,
		g.Flag,
		names[0],
		strings.Join(variables, ", "),
	)
}

// openBlob opens a state in a storage account of Azure.
//
// A signature is used where there is one, else the identity that also reads the tenant. A
// token goes to storage of the cloud only: a file could name any host.
func (l *Loaded) openBlob(args arguments) (state.Backend, error) {
	cloud := l.Config.Tenant.Cloud
	if cloud.Name == "" {
		cloud = catalog.Clouds()[0]
	}
	o := azblob.Options{
		Endpoint:  strings.TrimSuffix(args.get("endpoint"), "/"),
		Container: args.get("container"),
		Key:       cmp.Or(args.get("key"), "usher.state.json"),
		SAS:       l.FirstEnv("USHER_BACKEND_SAS_TOKEN", "AZURE_STORAGE_SAS_TOKEN", "ARM_SAS_TOKEN"),
		Transport: l.Network(),
	}
	if account := args.get("account", "AZURE_STORAGE_ACCOUNT"); o.Endpoint == "" && account != "" {
		o.Endpoint = "https://" + account + cloud.Blob
	}
	if err := args.missing(map[string]string{"account": o.Endpoint, "container": o.Container}); err != nil {
		return nil, err
	}
	hosts := map[string]string{"endpoint": o.Endpoint, "account": o.Endpoint}
	if account := l.Env("AZURE_STORAGE_ACCOUNT"); account == "" ||
		o.Endpoint != "https://"+account+cloud.Blob { // which the environment names
		if err := l.secretFor(o.SAS, "the signature of the environment", args, nil, hosts); err != nil {
			return nil, err
		}
	}
	if o.SAS == "" {
		if !l.inputs.Remote && !ownStorage(o.Endpoint, cloud.Blob) {
			return nil, fmt.Errorf(
				"its endpoint is not one of %s, and a token would be sent there: if that is meant, run usher with -remote-endpoints",
				cloud.Blob,
			)
		}
		id := cmp.Or(l.Config.Tenant.ID, l.FirstEnv("USHER_TENANT_ID", "AZURE_TENANT_ID", "ARM_TENANT_ID"))
		login := cmp.Or(l.Config.Tenant.Endpoints.Login, cloud.Login)
		who, err := l.signIn("the storage at "+o.Endpoint, id, login, cloud)
		if err != nil {
			return nil, err
		}
		o.Credential = who.Credential
	}
	return azblob.New(o)
}

// ownStorage reports whether an address is of the cloud's storage, or of this
// machine.
func ownStorage(endpoint, suffix string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	return u.Scheme == "https" && strings.HasSuffix(u.Hostname(), suffix) || ledger.OnThisMachine(u.Hostname())
}

// openProtocol opens a state behind Terraform's http protocol.
//
// Inside a job of GitLab the job's own token is enough, and it goes to GitLab only.
func (l *Loaded) openProtocol(args arguments) (state.Backend, error) {
	o := httpstate.Options{
		Address:       args.get("address", "TF_HTTP_ADDRESS"),
		UpdateMethod:  args.get("update_method", "TF_HTTP_UPDATE_METHOD"),
		LockAddress:   args.get("lock_address", "TF_HTTP_LOCK_ADDRESS"),
		LockMethod:    args.get("lock_method", "TF_HTTP_LOCK_METHOD"),
		UnlockAddress: args.get("unlock_address", "TF_HTTP_UNLOCK_ADDRESS"),
		UnlockMethod:  args.get("unlock_method", "TF_HTTP_UNLOCK_METHOD"),
		History:       args.get("history_address"),
		Username:      args.get("username", "TF_HTTP_USERNAME"),
		Password:      l.FirstEnv("USHER_BACKEND_PASSWORD", "TF_HTTP_PASSWORD"),
		Version:       l.Version,
		Transport:     l.Network(),
	}
	if err := args.missing(map[string]string{"address": o.Address}); err != nil {
		return nil, err
	}
	hosts := map[string]string{
		"address":         o.Address,
		"lock_address":    o.LockAddress,
		"unlock_address":  o.UnlockAddress,
		"history_address": o.History,
	}
	named := []string{"CI_API_V4_URL", "TF_HTTP_ADDRESS", "GITHUB_SERVER_URL"}
	if err := l.secretFor(o.Password, "the password of the environment", args, named, hosts); err != nil {
		return nil, err
	}
	if token := l.Env("CI_JOB_TOKEN"); o.Password == "" && token != "" && l.ofGitLab(o.Address, o.LockAddress, o.UnlockAddress, o.History) {
		o.Username, o.Password = "gitlab-ci-token", token
	}
	return httpstate.New(o)
}

// ofGitLab reports whether all addresses that are written are of the API that
// the job's token is for: it goes nowhere else.
func (l *Loaded) ofGitLab(addresses ...string) bool {
	api := l.Env("CI_API_V4_URL")
	return api != "" && !slices.ContainsFunc(addresses, func(a string) bool { return a != "" && !strings.HasPrefix(a, api+"/") })
}

// openPostgres opens a state in a database.
func (l *Loaded) openPostgres(args arguments) (state.Backend, error) {
	o := postgres.Options{
		Connection: args.get("connection", "PG_CONN_STR"),
		Schema:     cmp.Or(args.get("schema", "PG_SCHEMA_NAME"), "usher"),
		Name:       cmp.Or(args.get("name"), "default"),
		TTL:        postgres.DefaultTTL,
	}
	o.Trace = l.Statements
	o.MayHave = func(host string) error {
		// A password can come from files that no variable names, too: there is always one.
		return l.secretFor("perhaps", "the password of the environment", args, []string{"PGHOST"}, map[string]string{"connection": host})
	}
	o.Unverified = l.inputs.Remote
	b, err := postgres.New(context.Background(), o)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// errKey says how to give a key.
var errKey = errors.New(
	"the configuration encrypts its state, and there is no key to read it with: set USHER_ENCRYPTION_KEY, or " +
		"USHER_ENCRYPTION_KEY_FILE to a file of one",
)

// seal is how the state is encrypted: for the recipients of the configuration,
// and opened with the key of the environment.
//
// A configuration that encrypts and a job without the key is an error at once: a plan
// without the state would take itself for the first one.
func (l *Loaded) seal() (*state.Seal, error) {
	keys, err := l.keys()
	if err != nil {
		return nil, err
	}
	if len(l.Config.Recipients) > 0 && keys == "" {
		return nil, errKey
	}
	var recipients []string
	for _, r := range l.Config.Recipients {
		if err := state.CheckRecipient(r.Key); err != nil {
			return nil, fmt.Errorf("%s:%d: a recipient is %w", r.At.Filename, r.At.Start.Line, err)
		}
		recipients = append(recipients, r.Key)
	}
	return state.NewSeal(recipients, keys)
}

// keys is the private key that opens what is encrypted, "" for none.
func (w *World) keys() (string, error) {
	if text := w.Env("USHER_ENCRYPTION_KEY"); text != "" {
		return text, nil
	}
	path := w.Env("USHER_ENCRYPTION_KEY_FILE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the key in USHER_ENCRYPTION_KEY_FILE cannot be read: %w", err)
	}
	return string(text), nil
}
