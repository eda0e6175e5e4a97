package engine

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// A pull request can write any host into a file. So a secret of the environment goes
// to a host only where the environment names that host, too: beside the secret, or by
// a flag of the command that completes the block. A host that the base of a branch names
// was reviewed. This is the one rule for all stores.

// secretFor makes sure that a secret may be sent to the hosts of some addresses,
// which a backend block may have written. Names are variables of the environment that
// name a host beside the secret.
func (l *Loaded) secretFor(secret, what string, args arguments, named []string, addresses map[string]string) error {
	if secret == "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		host := hostOf(addresses[name])
		fromFile := args.Written[name] != "" && args.Set[name] == ""
		if addresses[name] == "" || !fromFile || ledger.OnThisMachine(host) || l.Base.writes(args.Kind, name, args.Written[name]) ||
			host != "" && l.names(host, named...) {
			continue
		}
		if host == "" {
			return fmt.Errorf("%s would be sent to %.100q, and no host can be read from that: correct the backend block", what, addresses[name])
		}
		return fmt.Errorf(
			"%s would be sent to %s. Only a file names this host. If you trust it, set USHER_BACKEND_HOST=%s where the secret is set",
			what,
			host,
			host,
		)
	}
	return nil
}

// names reports whether a variable of the environment names a host: as it is, in
// a list, or in an address.
func (w *World) names(host string, variables ...string) bool {
	return slices.ContainsFunc(append(variables, "USHER_BACKEND_HOST"), func(v string) bool {
		return slices.ContainsFunc(strings.Split(w.Env(v), ","), func(text string) bool {
			return strings.EqualFold(hostOf(strings.TrimSpace(text)), host)
		})
	})
}

// hostOf is the host of an address, or of what is one already.
//
// An address without a scheme is taken for a host, so that USHER_BACKEND_HOST can be either.
func hostOf(address string) string {
	if ip, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
		return ip.String()
	}
	if !strings.Contains(address, "://") {
		address = "//" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
