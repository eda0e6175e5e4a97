package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode"
)

// Statement is what the issuer of a job says of it in an identity token. A federated credential
// of the application lets the job in if it has all three, letter by letter.
type Statement struct {
	Issuer, Subject, Audience string
}

// PullRequest reports whether every pull request of a repository can get such a token. Source:
// GitHub Docs, "OpenID Connect reference".
func (s Statement) PullRequest() bool { return strings.HasSuffix(s.Subject, ":pull_request") }

// credential is the federated credential that lets the job in, as the directory takes it.
func (s Statement) credential() string {
	text, err := json.Marshal(struct {
		Name      string   `json:"name"`
		Issuer    string   `json:"issuer"`
		Subject   string   `json:"subject"`
		Audiences []string `json:"audiences"`
	}{s.credentialName(), s.Issuer, s.Subject, []string{s.Audience}})
	if err != nil {
		return err.Error() // never of these types
	}
	return string(text)
}

// credentialName is a name for it that no other credential of the application has: names are
// unique there, and have letters, digits, hyphens and underscores.
func (s Statement) credentialName() string {
	last := s.Subject[strings.LastIndexAny(s.Subject, ":/")+1:]
	last = strings.Map(func(r rune) rune {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_') {
			return r
		}
		return '-'
	}, last)
	const most = 40
	digest := sha256.Sum256([]byte(s.Issuer + "\n" + s.Subject))
	return fmt.Sprintf("usher-%s-%x", last[:min(len(last), most)], digest[:4])
}

// way is how to let a job in that the directory did not. The credential goes into a file, because
// the name of a branch is part of the subject, and nobody should paste that into a shell.
func (s Statement) way(client string) string {
	text := fmt.Sprintf("the application has no federated credential for this job. Write %s into credential.json, and run "+
		"az ad app federated-credential create --id %s --parameters credential.json", s.credential(), client)
	if owner, _, _ := strings.Cut(strings.TrimPrefix(s.Subject, "repo:"), "/"); strings.Contains(owner, "@") {
		text += ". The subject has ids because the repository was created, renamed or transferred after 2026-07-15"
	}
	if s.PullRequest() {
		text += ". Do so only for the application that plans: everybody who opens a pull request can use it"
	}
	return text
}

// readStatement takes a statement from a token, false where it is none. Only the directory can tell whether
// it is true; it serves for messages.
func readStatement(jwt string) (Statement, bool) {
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience any    `json:"aud"` // one, or a list
	}
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return Statement{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.Issuer == "" || claims.Subject == "" {
		return Statement{}, false
	}
	s := Statement{Issuer: claims.Issuer, Subject: claims.Subject}
	if list, several := claims.Audience.([]any); several && len(list) > 0 {
		claims.Audience = list[0]
	}
	s.Audience, _ = claims.Audience.(string)
	return s, true
}

// recorder keeps the last statement that was shown to the directory.
type recorder struct {
	mu   sync.Mutex
	last Statement
	any  bool
}

// record keeps the statements that get returns.
func (r *recorder) record(get func(context.Context) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		token, err := get(ctx)
		if s, ok := readStatement(token); err == nil && ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.last, r.any = s, true
		}
		return token, err
	}
}

// statement returns the last one; false where there was none.
func (r *recorder) statement() (Statement, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.any
}
