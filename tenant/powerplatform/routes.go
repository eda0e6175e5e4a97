package powerplatform

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// inPath is the id of an environment as it goes into a path: as the service spells it, such as
// Default-…, because not every route takes another spelling.
func (c *Client) inPath(id string) string { return url.PathEscape(c.spelling(id)) }

// spelling is the id of an environment as the service spells it. One that a list left out is
// asked for by what is known of such ids, so that a wrong spelling does not make it look gone.
func (c *Client) spelling(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.spelled[id]; known != "" {
		return known
	}
	if rest, isDefault := strings.CutPrefix(id, "default-"); isDefault {
		return "Default-" + rest
	}
	return id
}

func (c *Client) allocationPath(id string) string {
	return "/licensing/environments/" + c.inPath(id) + "/allocations?" + version
}

func (c *Client) documentPath(id string) string {
	return "/licensing/allocationsByEnvironment/" + c.inPath(id) + "?" + version
}

// legacy reports whether the first allocations route does not serve an environment, which
// Microsoft calls legacy: it is newer than that route, or the route is gone. Source: Microsoft's
// powerplatform-licensing-samples, CommandAllocationEnvironmentPatch.
func legacy(err error) bool {
	var e *wire.Error
	if !errors.As(err, &e) {
		return false
	}
	gone := e.Status == http.StatusGone || e.Status == http.StatusMethodNotAllowed ||
		e.Status == http.StatusNotFound && e.Code == "RouteNotFound"
	return gone || e.Status == http.StatusBadRequest && (strings.Contains(strings.ToLower(e.Code+e.Message), "legacy") ||
		strings.Contains(e.Message, "only supported for environments"))
}

// noDocument reports whether the service has no allocations for an environment, which says that
// none were ever written.
func noDocument(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code == "AllocationDocumentDoesNotExist"
}

// noteNewer remembers that an environment is served by the other route.
func (c *Client) noteNewer(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.newer[id] = true
}

// isNewer reports whether an environment is served by the other route.
func (c *Client) isNewer(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newer[id]
}
