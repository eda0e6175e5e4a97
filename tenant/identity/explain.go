package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// plain is a credential whose errors say what the directory said and what to
// do, and nothing of the exchange behind it.
type plain struct {
	azcore.TokenCredential
	of  builder
	way string // out, where the directory was not even asked; "" for none
}

// GetToken implements azcore.TokenCredential.
func (p plain) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := p.TokenCredential.GetToken(ctx, o)
	if err != nil {
		err = p.explain(err)
	}
	return token, err
}

// addressQuery finds the queries of addresses in a text.
func addressQuery() *regexp.Regexp { return regexp.MustCompile(`(https?://[^\s"?]+)\?[^\s"]*`) }

// explain reads the directory's answer, of which each kind has a number.
func (p plain) explain(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || failed.RawResponse == nil {
		said := addressQuery().ReplaceAllString(err.Error(), "$1") // which is nobody's business
		text, _, _ := strings.Cut(strings.Join(strings.Fields(said), " "), " To troubleshoot, visit ")
		if p.way != "" {
			text += ": " + p.way
		}
		return errors.New(text)
	}
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
		Trace       string `json:"trace_id"`
	}
	body, _ := io.ReadAll(io.LimitReader(failed.RawResponse.Body, 1<<20))
	if json.Unmarshal(body, &answer) != nil || answer.Description == "" {
		return fmt.Errorf("the login service answered %d", failed.RawResponse.StatusCode)
	}
	text, _, _ := strings.Cut(answer.Description, "Trace ID:")
	const most = 500 // of what the directory says
	if text = strings.TrimSpace(text); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	if answer.Trace != "" {
		text += " (trace " + answer.Trace + ")"
	}
	if said, ok := p.of.said.statement(); ok && untrusted().MatchString(answer.Description) {
		return errors.New(text + ": " + said.way(p.of.client()))
	}
	for _, r := range remedies() {
		if r.number.MatchString(answer.Description) {
			return errors.New(text + ": " + r.remedy)
		}
	}
	return errors.New(text)
}

// untrusted finds the answers to a job that no federated credential lets in: for its issuer (211),
// its audience (212) or its subject (213).
func untrusted() *regexp.Regexp { return regexp.MustCompile("^AADSTS" + noCredential + `\b`) }

const noCredential = "70021[123]?"

type remedy struct {
	number *regexp.Regexp
	remedy string
}

// remedies are the ways out of what goes wrong at the login service. Source:
// Microsoft Entra authentication and authorization error codes.
func remedies() []remedy {
	var all []remedy
	for number, text := range map[string]string{
		"90002":      "tenant_id names no tenant of this cloud: correct it, or the cloud, in the tenant block",
		"700016":     "register the application in this tenant, or correct USHER_CLIENT_ID",
		"7000215":    "give usher the value of the secret, not its id",
		"7000222":    "the secret has expired: make a new one, or better, use a federated identity: it needs no secret",
		noCredential: "add a federated credential to the application with just this issuer, subject and audience",
		"50027":      "the identity token is damaged: look where this job gets it from",
		"700024":     "the assertion is too old or not valid yet: look at the clock of this machine",
		"700027":     "upload the certificate to the application, or use its present one",
		"500011": "the service is not known in this tenant: add its enterprise application, such as with az ad sp create " +
			"--id 8578e004-a5c6-46e7-913e-12f58912df43 for the Power Platform API",
		"53003": "a Conditional Access policy blocks this identity: exclude it, or sign in from where the policy allows it",
		"50126": "the user name or the password is wrong",
	} {
		all = append(all, remedy{regexp.MustCompile("^AADSTS" + number + "\\b"), text})
	}
	return all
}
