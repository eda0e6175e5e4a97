package postgres

import (
	"context"
	"crypto/tls"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// readable returns a host on another machine that may be spoken to without
// encryption, as PostgreSQL's clients do where nobody says otherwise, or whose
// certificate nobody would verify.
func readable(c *pgx.ConnConfig, unverified bool) string {
	open := func(host string, secured *tls.Config) bool {
		safe := secured != nil && (unverified || !secured.InsecureSkipVerify || secured.VerifyPeerCertificate != nil && secured.ServerName != "")
		return !safe && !strings.HasPrefix(host, "/") && !ledger.OnThisMachine(host)
	}
	if open(c.Host, c.TLSConfig) {
		return c.Host
	}
	for _, f := range c.Fallbacks {
		if open(f.Host, f.TLSConfig) {
			return f.Host
		}
	}
	return ""
}

// hosts lists the hosts that a connection may lead to.
func hosts(c *pgx.ConnConfig) []string {
	all := []string{c.Host}
	for _, f := range c.Fallbacks {
		all = append(all, f.Host)
	}
	return all
}

var _ state.Prober = (*Backend)(nil)

// Probe implements state.Prober: rows that are not there are written.
func (b *Backend) Probe(ctx context.Context) error {
	for _, text := range []string{
		`INSERT INTO %s.history (name, seq, line) SELECT '', 0, '' WHERE false`,
		`INSERT INTO %s.states (name) SELECT '' WHERE false`,
		`UPDATE %s.states SET serial = 0 WHERE false`,
	} {
		if _, err := b.pool.Exec(ctx, b.sql(text)); err != nil {
			return explain(err)
		}
	}
	return nil
}
