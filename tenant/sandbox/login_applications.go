package sandbox

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Application is an identity of the directory that a program, or a person
// through a program, signs in with. A tenant without any answers everybody.
type Application struct {
	ID           string      `json:"id"` // client id
	Name         string      `json:"name"`
	Secret       string      `json:"secret,omitempty"`
	Certificates []string    `json:"certificates,omitempty"` // PEM
	Federated    []Federated `json:"federated,omitempty"`
	Permissions  []string    `json:"permissions,omitempty"` // of Graph, without anybody signed in
	Scopes       []string    `json:"scopes,omitempty"`      // of Graph, for people who sign in through it; any where it is public
	Public       bool        `json:"public,omitempty"`      // people sign in through it without a secret

	Management bool   `json:"managementApplication,omitempty"` // of the Power Platform
	Role       string `json:"powerPlatformRole,omitempty"`     // of the Power Platform: Reader, Contributor, Owner or none
	Scope      string `json:"powerPlatformScope,omitempty"`    // the id of the one environment that the role is for; all without it
	// environment id to "none", "own", "read", "writeOwn" or "write": an application user with that
	// much of a role, where "own" reads, and "writeOwn" writes, the rows that the application owns
	// and no others; it owns none of capacity
	Dataverse map[string]string `json:"dataverse,omitempty"`
	Roles     []string          `json:"directoryRoles,omitempty"`      // such as Billing Administrator
	Purchase  []string          `json:"purchasePermissions,omitempty"` // of the purchase service, without anybody signed in
}

// Federated is an identity elsewhere that an application trusts.
type Federated struct {
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Audience string `json:"audience"`
}

func (x *indexed) application(id string) *Application {
	for _, a := range x.Applications {
		if strings.EqualFold(a.ID, id) {
			return a
		}
	}
	return nil
}

// claims are what a token says of its bearer, under the names that the
// directory gives them.
type claims struct {
	jwt.RegisteredClaims
	For         string   `json:"aud,omitempty"` // one, and not a list
	AppID       string   `json:"appid,omitempty"`
	AppName     string   `json:"app_displayname,omitempty"`
	Type        string   `json:"idtyp,omitempty"` // app or user
	Object      string   `json:"oid,omitempty"`
	Tenant      string   `json:"tid,omitempty"`
	Roles       []string `json:"roles,omitempty"`
	Scopes      string   `json:"scp,omitempty"`
	UPN         string   `json:"upn,omitempty"`
	Preferred   string   `json:"preferred_username,omitempty"`
	Name        string   `json:"name,omitempty"`
	Version     string   `json:"ver,omitempty"`
	RefreshOnly bool     `json:"sandbox_refresh,omitempty"`
}

// bearer is who sent a request.
type bearer struct {
	app  *Application
	user *User // nil where nobody is signed in but the application
}

// may reports whether the bearer has one of the permissions of Graph. For
// somebody who is signed in, that is what the application may do for people,
// and no more than the person may: everybody sees the directory, and only some
// roles change it.
func (b bearer) may(permissions []string) bool {
	has := func(have []string) bool {
		return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(have, p) })
	}
	if b.user == nil {
		return has(b.app.Permissions)
	}
	if len(b.app.Scopes) > 0 && !has(b.app.Scopes) {
		return false
	}
	reads := slices.ContainsFunc(permissions, func(p string) bool { return strings.HasSuffix(p, ".Read.All") })
	return reads || slices.ContainsFunc([]string{"Global Administrator", "License Administrator", "User Administrator"}, b.is)
}

// is reports whether the bearer has a role in the directory.
func (b bearer) is(role string) bool {
	roles := b.app.Roles
	if b.user != nil {
		roles = b.user.Roles
	}
	return slices.Contains(roles, role)
}

// newKey makes the key that signs this process's tokens: they end with it.
func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return key
}

func (s *Server) sign(c claims) string {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.key)
	if err != nil {
		panic(err) // these claims and this key can always be signed
	}
	return token
}

// verify reads a token of this process.
func (s *Server) verify(token string) (claims, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(s.opts.Now), jwt.WithExpirationRequired())
	return c, err
}

// tokenLife is how long a token lives.
func (s *Server) tokenLife() time.Duration {
	if s.x.Limits != nil && s.x.Limits.TokenLife > 0 {
		return time.Duration(s.x.Limits.TokenLife)
	}
	return time.Hour
}
