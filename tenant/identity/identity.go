// Package identity finds out as whom usher signs in: it takes what a pipeline
// or a person has in the environment already and makes a credential of it.
//
// It never reads a secret from a file of the configuration, never writes one
// anywhere, and says which kind of credential it took, and not its value.
package identity

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Options say where to sign in, and what there is to sign in with.
type Options struct {
	Tenant    string // id
	Login     string // base URL of the login service
	Private   bool   // it is not one of Microsoft's own
	Assertion string // audience of the assertions of federated identities
	Env       func(string) string
	ReadFile  func(string) ([]byte, error)
	Transport *http.Client
	// ShouldRetry decides whether a request to the login service is tried again; nil for as azcore does.
	ShouldRetry func(*http.Response, error) bool
}

// Identity is who usher is for a tenant.
type Identity struct {
	Credential azcore.TokenCredential
	Kind       string // in words, such as "client secret"
	Client     string // application id; "" where somebody else knows it

	said *recorder
}

// Statement is what the issuer of the job said of it, once a token was asked for; false where the
// identity is not federated, or where another program shows the identity token.
func (i *Identity) Statement() (Statement, bool) { return i.said.statement() }

// ErrNone is wrapped where the environment holds the half of a credential.
var ErrNone = errors.New("no usable credential in the environment")

// New takes the first kind of credential that the environment is complete
// for, in the order of kinds; a person's own Azure CLI comes last.
func New(o Options) (*Identity, error) {
	b := builder{o, &recorder{}, azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: o.Login},
		Transport: o.Transport,
		Retry:     policy.RetryOptions{MaxRetries: 4, ShouldRetry: o.ShouldRetry},
		Telemetry: policy.TelemetryOptions{ApplicationID: "usher"},
	}}
	wanted := b.first("USHER_CREDENTIAL")
	for _, k := range kinds() {
		switch {
		case wanted == "" && !k.found(b), wanted != "" && wanted != k.name:
			continue
		}
		credential, err := k.make(b)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrNone, k.words, err)
		}
		return &Identity{Credential: plain{credential, b, k.way()}, Kind: k.words, Client: b.client(), said: b.said}, nil
	}
	return nil, fmt.Errorf("%w: USHER_CREDENTIAL is %q, and it can be %s", ErrNone, wanted, strings.Join(names(), ", "))
}

// kind is a way to sign in.
type kind struct {
	name, words string
	found       func(builder) bool // what is in the environment calls for it
	make        func(builder) (azcore.TokenCredential, error)
}

// kinds are all ways, those that name more than others first.
func kinds() []kind {
	return []kind{
		{"secret", "client secret", func(b builder) bool { return b.secret() != "" }, builder.bySecret},
		{"certificate", "client certificate", func(b builder) bool { return b.certificate() != "" }, builder.byCertificate},
		{
			"azure_pipelines",
			"Azure Pipelines service connection",
			func(b builder) bool { return b.connection() != "" && b.o.Env("SYSTEM_OIDCREQUESTURI") != "" },
			builder.byPipeline,
		},
		{"token", "federated token", func(b builder) bool { return b.token() != "" }, builder.byToken},
		{"token_file", "workload identity", func(b builder) bool { return b.tokenFile() != "" }, builder.byTokenFile},
		{
			"github",
			"GitHub Actions OIDC",
			func(b builder) bool { return b.client() != "" && b.requestURL() != "" && b.requestToken() != "" },
			builder.byGitHub,
		},
		{"managed_identity", "managed identity", func(b builder) bool {
			return b.first("USHER_USE_MSI", "ARM_USE_MSI") == "true" || b.o.Env("IDENTITY_ENDPOINT") != ""
		}, builder.byManagedIdentity},
		{"cli", "Azure CLI", func(builder) bool { return true }, builder.byCLI},
	}
}

// way is what to do where the credential cannot even be tried.
func (k kind) way() string {
	if k.name == "cli" {
		return "nothing in the environment signs in, so a person's own Azure CLI was asked: set USHER_CLIENT_ID with a " +
			"secret, a certificate or a federated token, or run az login"
	}
	return "is the login service reached from here, and is HTTPS_PROXY set where one is needed?"
}

func names() []string {
	var all []string
	for _, k := range kinds() {
		all = append(all, k.name)
	}
	return all
}

// builder makes credentials of what is in the environment. Each value can have
// the name that usher, the Azure SDKs or Terraform's providers give it.
type builder struct {
	o       Options
	said    *recorder
	options azcore.ClientOptions
}

func (b builder) first(names ...string) string {
	for _, name := range names {
		if v := b.o.Env(name); v != "" {
			return v
		}
	}
	return ""
}

func (b builder) client() string {
	return b.first("USHER_CLIENT_ID", "AZURE_CLIENT_ID", "ARM_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID")
}

func (b builder) secret() string {
	return b.first("USHER_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET")
}

func (b builder) certificate() string {
	return b.first("USHER_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH")
}

func (b builder) password() string {
	return b.first("USHER_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD")
}

func (b builder) connection() string {
	return b.first(
		"USHER_SERVICE_CONNECTION_ID",
		"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
		"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
		"ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
	)
}

func (b builder) token() string { return b.first("USHER_OIDC_TOKEN", "ARM_OIDC_TOKEN") }

func (b builder) tokenFile() string {
	return b.first("USHER_OIDC_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH")
}

func (b builder) requestURL() string {
	return b.first("ACTIONS_ID_TOKEN_REQUEST_URL", "ARM_OIDC_REQUEST_URL")
}

func (b builder) requestToken() string {
	return b.first("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ARM_OIDC_REQUEST_TOKEN")
}

// errNoClient says what nearly every kind needs.
var errNoClient = errors.New("it needs the application's id in USHER_CLIENT_ID, AZURE_CLIENT_ID or ARM_CLIENT_ID")

func (b builder) bySecret() (azcore.TokenCredential, error) {
	switch {
	case b.client() == "":
		return nil, errNoClient
	case b.secret() == "":
		return nil, errors.New("it needs USHER_CLIENT_SECRET, AZURE_CLIENT_SECRET or ARM_CLIENT_SECRET")
	}
	return azidentity.NewClientSecretCredential(b.o.Tenant, b.client(), b.secret(),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: b.options, DisableInstanceDiscovery: b.o.Private})
}

func (b builder) byCertificate() (azcore.TokenCredential, error) {
	switch {
	case b.client() == "":
		return nil, errNoClient
	case b.certificate() == "":
		return nil, errors.New("it needs USHER_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PATH or ARM_CLIENT_CERTIFICATE_PATH")
	}
	text, err := b.o.ReadFile(b.certificate())
	if err != nil {
		return nil, err
	}
	certificates, key, err := azidentity.ParseCertificates(text, []byte(b.password()))
	if err != nil {
		return nil, fmt.Errorf("%s holds no certificate with its key, in PEM or PKCS#12: %w", b.certificate(), err)
	}
	return azidentity.NewClientCertificateCredential(b.o.Tenant, b.client(), certificates, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: b.options, DisableInstanceDiscovery: b.o.Private,
		SendCertificateChain: b.o.Env("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN") == "true"})
}

func (b builder) byPipeline() (azcore.TokenCredential, error) {
	switch {
	case b.client() == "":
		return nil, errNoClient
	case b.o.Env("SYSTEM_ACCESSTOKEN") == "":
		return nil, errors.New("the step has to pass SYSTEM_ACCESSTOKEN: $(System.AccessToken) in its env")
	}
	return azidentity.NewAzurePipelinesCredential(b.o.Tenant, b.client(), b.connection(), b.o.Env("SYSTEM_ACCESSTOKEN"),
		&azidentity.AzurePipelinesCredentialOptions{ClientOptions: b.options, DisableInstanceDiscovery: b.o.Private})
}

func (b builder) byManagedIdentity() (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: b.options}
	if id := b.client(); id != "" {
		o.ID = azidentity.ClientID(id)
	}
	return azidentity.NewManagedIdentityCredential(o)
}

func (b builder) byCLI() (azcore.TokenCredential, error) {
	return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: b.o.Tenant})
}
