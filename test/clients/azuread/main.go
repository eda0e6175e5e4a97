// Command azuread reads users the way Terraform's azuread provider does, with
// the libraries that the provider is made of, unchanged: the cloud's metadata
// from a host, a token for a client secret and its claims, then Graph.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/claims"
	"github.com/hashicorp/go-azure-sdk/sdk/client"
	"github.com/hashicorp/go-azure-sdk/sdk/client/msgraph"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
	"github.com/hashicorp/go-azure-sdk/sdk/odata"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	log.SetOutput(io.Discard) // the libraries log every request there
	if err := read(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(ctx context.Context) error {
	cloud, err := environments.FromEndpoint(ctx, "https://"+os.Getenv("ARM_METADATA_HOSTNAME"))
	if err != nil {
		return err
	}
	who, err := auth.NewAuthorizerFromCredentials(ctx, auth.Credentials{
		Environment:                           *cloud,
		TenantID:                              os.Getenv("TENANT"),
		ClientID:                              os.Getenv("CLIENT_ID"),
		ClientSecret:                          os.Getenv("CLIENT_SECRET"),
		EnableAuthenticatingUsingClientSecret: true,
	}, cloud.MicrosoftGraph)
	if err != nil {
		return err
	}
	token, err := who.Token(ctx, &http.Request{})
	if err != nil {
		return err
	}
	said, err := claims.ParseClaims(token)
	if err != nil {
		return err
	}
	if said.ObjectId == "" || said.TenantId != os.Getenv("TENANT") {
		return fmt.Errorf("the token has no object id, or is for tenant %q", said.TenantId)
	}
	fmt.Println("cloud:", cloud.Name, "app:", said.AppId, "roles:", len(said.Roles))

	graph, err := msgraph.NewClient(cloud.MicrosoftGraph, "users", msgraph.VersionOnePointZero)
	if err != nil {
		return err
	}
	graph.SetAuthorizer(who)
	return list(ctx, graph)
}

// query asks for some properties of one kind of user in pages of five.
type query struct{ filter string }

func (query) ToHeaders() *client.Headers   { return nil }
func (query) ToQuery() *client.QueryParams { return nil }

func (q query) ToOData() *odata.Query {
	return &odata.Query{Filter: q.filter, Select: []string{"id", "userPrincipalName", "accountEnabled"}, Top: 5}
}

func list(ctx context.Context, graph *msgraph.Client) error {
	for _, filter := range []string{"", "userPrincipalName eq 'ada@contoso.com'"} {
		req, err := graph.NewRequest(ctx, client.RequestOptions{
			ContentType:         "application/json; charset=utf-8",
			ExpectedStatusCodes: []int{http.StatusOK},
			HttpMethod:          http.MethodGet,
			OptionsObject:       query{filter},
			Path:                "/users",
		})
		if err != nil {
			return err
		}
		answer, err := req.ExecutePaged(ctx)
		if err != nil {
			return err
		}
		var users struct {
			Value []struct {
				Name string `json:"userPrincipalName"`
			} `json:"value"`
		}
		if err := answer.Unmarshal(&users); err != nil {
			return err
		}
		if len(users.Value) == 0 {
			return fmt.Errorf("no users where %q", filter)
		}
		fmt.Printf("users where %q: %d, first %s\n", filter, len(users.Value), users.Value[0].Name)
	}
	return nil
}
