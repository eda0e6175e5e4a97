package main

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
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/state/postgres"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/identity"
)

// openStore opens the store that the configuration, the command line and the
// environment name together. Nothing is asked of it yet.
func (s *session) openStore(kind string, written map[string]string, more config.BackendFlag) (*state.Store, error) {
	set, err := config.BackendSettings(kind, more, s.a.path)
	if err != nil {
		return nil, err
	}
	args := arguments{s.a, set, written, more.Name}
	var b state.Backend
	switch kind {
	case "azblob":
		b, err = s.openBlob(args)
	case "http":
		b, err = s.openProtocol(args)
	case "postgres":
		b, err = s.openPostgres(args)
	default:
		b = state.NewFile(s.inConfiguration(cmp.Or(args.get("path"), "usher.state.json")))
	}
	if err != nil {
		return nil, fmt.Errorf("the backend %q: %w", kind, err)
	}
	seal, err := s.seal()
	if err != nil {
		return nil, err
	}
	return state.NewStore(b, state.Options{Now: s.a.now, Seal: seal}), nil
}

// inConfiguration resolves a path against the directory of the configuration.
func (s *session) inConfiguration(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.cfg.Dir, filepath.FromSlash(path))
}

func (a *app) firstEnv(names ...string) string {
	for _, n := range names {
		if v := a.env(n); v != "" {
			return v
		}
	}
	return ""
}

// arguments are those of a backend, wherever they are given.
type arguments struct {
	a       *app
	set     map[string]string // by the flag
	written map[string]string // in the backend block; nil where there is none for it
	flag    string
}

func (g arguments) get(name string, variables ...string) string {
	return cmp.Or(g.set[name], g.written[name], g.a.env("USHER_BACKEND_"+strings.ToUpper(name)), g.a.firstEnv(variables...))
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
	if g.written != nil {
		way = "write it in the backend block, or give it"
	}
	return fmt.Errorf(
		"it lacks %s: %s with %s=%s=… or in %s",
		strings.Join(names, " and "),
		way,
		g.flag,
		names[0],
		strings.Join(variables, ", "),
	)
}

func (s *session) openBlob(args arguments) (state.Backend, error) {
	cloud := s.cfg.Tenant.Cloud
	if cloud.Name == "" {
		cloud = catalog.Clouds()[0]
	}
	o := azblob.Options{
		Endpoint:  strings.TrimSuffix(args.get("endpoint"), "/"),
		Container: args.get("container"),
		Key:       cmp.Or(args.get("key"), "usher.state.json"),
		SAS:       s.a.firstEnv("USHER_BACKEND_SAS_TOKEN", "AZURE_STORAGE_SAS_TOKEN", "ARM_SAS_TOKEN"),
		Transport: s.a.storeNetwork(),
	}
	if account := args.get("account", "AZURE_STORAGE_ACCOUNT"); o.Endpoint == "" && account != "" {
		o.Endpoint = "https://" + account + cloud.Blob
	}
	if err := args.missing(map[string]string{"account": o.Endpoint, "container": o.Container}); err != nil {
		return nil, err
	}
	hosts := map[string]string{"endpoint": o.Endpoint, "account": o.Endpoint}
	if account := s.a.env("AZURE_STORAGE_ACCOUNT"); account == "" ||
		o.Endpoint != "https://"+account+cloud.Blob { // which the environment names
		if err := s.secretFor(o.SAS, "the signature of the environment", args, nil, hosts); err != nil {
			return nil, err
		}
	}
	if o.SAS == "" {
		if !s.remote && !ownStorage(o.Endpoint, cloud.Blob) {
			return nil, fmt.Errorf(
				"its endpoint is not one of %s, and a token would be sent there: if that is meant, run usher with -remote-endpoints",
				cloud.Blob,
			)
		}
		id := cmp.Or(s.cfg.Tenant.ID, s.a.firstEnv("USHER_TENANT_ID", "AZURE_TENANT_ID", "ARM_TENANT_ID"))
		login := cmp.Or(s.cfg.Tenant.Endpoints.Login, cloud.Login)
		who, err := identity.New(
			identity.Options{
				Tenant:    id,
				Login:     login,
				Private:   login != cloud.Login,
				Assertion: cloud.Assertion,
				Env:       s.a.env,
				ReadFile:  os.ReadFile,
				Transport: tenant.Network(),
			},
		)
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
	return u.Scheme == "https" && strings.HasSuffix(u.Hostname(), suffix) || state.OnThisMachine(u.Hostname())
}

func (s *session) openProtocol(args arguments) (state.Backend, error) {
	o := httpstate.Options{Address: args.get("address", "TF_HTTP_ADDRESS"), UpdateMethod: args.get("update_method", "TF_HTTP_UPDATE_METHOD"),
		LockAddress: args.get("lock_address", "TF_HTTP_LOCK_ADDRESS"), LockMethod: args.get("lock_method", "TF_HTTP_LOCK_METHOD"),
		UnlockAddress: args.get("unlock_address", "TF_HTTP_UNLOCK_ADDRESS"), UnlockMethod: args.get("unlock_method", "TF_HTTP_UNLOCK_METHOD"),
		History: args.get(
			"history_address",
		), Username: args.get("username", "TF_HTTP_USERNAME"), Password: s.a.firstEnv("USHER_BACKEND_PASSWORD", "TF_HTTP_PASSWORD"),
		Version: version, Transport: s.a.storeNetwork()}
	o.Strict = strings.Contains(o.Address, "/terraform/state/") &&
		(strings.Contains(o.Address, "/api/v4/projects/") || strings.Contains(o.Address, "/api/packages/")) // GitLab, Gitea
	if err := args.missing(map[string]string{"address": o.Address}); err != nil {
		return nil, err
	}
	hosts := map[string]string{
		"address":         o.Address,
		"lock_address":    o.LockAddress,
		"unlock_address":  o.UnlockAddress,
		"history_address": o.History,
	}
	if err := s.secretFor(o.Password, "the password of the "+
		"environment", args, []string{"CI_API_V4_URL", "TF_HTTP_ADDRESS", "GITHUB_SERVER_URL"}, hosts); err != nil {
		return nil, err
	}
	if token := s.a.env("CI_JOB_TOKEN"); o.Password == "" && token != "" && s.ofGitLab(o.Address, o.LockAddress, o.UnlockAddress, o.History) {
		o.Username, o.Password = "gitlab-ci-token", token
	}
	return httpstate.New(o)
}

// ofGitLab reports whether all addresses that are written are of the API that
// the job's token is for: it goes nowhere else.
func (s *session) ofGitLab(addresses ...string) bool {
	api := s.a.env("CI_API_V4_URL")
	return api != "" && !slices.ContainsFunc(addresses, func(a string) bool { return a != "" && !strings.HasPrefix(a, api+"/") })
}

func (s *session) openPostgres(args arguments) (state.Backend, error) {
	o := postgres.Options{
		Connection: args.get("connection", "PG_CONN_STR"),
		Schema:     cmp.Or(args.get("schema", "PG_SCHEMA_NAME"), "usher"),
		Name:       cmp.Or(args.get("name"), "default"),
		TTL:        postgres.DefaultTTL,
	}
	if s.a.verbose {
		o.Trace = s.a.traceStatement
	}
	o.MayHave = func(host string) error {
		if s.a.names(host, "PGHOST") {
			return nil
		}
		// A password can come from files that no variable names, too: there is always one.
		return s.secretFor("perhaps", "the password of the environment", args, nil, map[string]string{"connection": host})
	}
	o.Unverified = s.remote
	b, err := postgres.New(context.Background(), o)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// errKey is what says how to give a key.
var errKey = errors.New(
	"the configuration encrypts its state, and there is no key to read it with: set USHER_ENCRYPTION_KEY, or " +
		"USHER_ENCRYPTION_KEY_FILE to a file of one",
)

// seal is how the state is encrypted: for the recipients of the configuration,
// and opened with the key of the environment.
func (s *session) seal() (*state.Seal, error) {
	keys, err := s.a.keys()
	if err != nil {
		return nil, err
	}
	if len(s.cfg.Recipients) > 0 && keys == "" {
		return nil, errKey
	}
	var recipients []string
	for _, r := range s.cfg.Recipients {
		if err := state.CheckRecipient(r.Key); err != nil {
			return nil, fmt.Errorf("%s:%d: a recipient is %w", r.At.Filename, r.At.Start.Line, err)
		}
		recipients = append(recipients, r.Key)
	}
	return state.NewSeal(recipients, keys)
}

// keys is the private key that opens what is encrypted, "" for none.
func (a *app) keys() (string, error) {
	if text := a.env("USHER_ENCRYPTION_KEY"); text != "" {
		return text, nil
	}
	path := a.env("USHER_ENCRYPTION_KEY_FILE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the key in USHER_ENCRYPTION_KEY_FILE cannot be read: %w", err)
	}
	return string(text), nil
}
