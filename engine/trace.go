package engine

import (
	"net/http"

	"github.com/usher-cli/usher/tenant"
)

// Transport carries requests.
type Transport interface {
	Do(*http.Request) (*http.Response, error)
}

// Network carries requests to a store or a forge, and tells of them where that was
// asked for.
func (w *World) Network() Transport {
	if w.Requests == nil {
		return tenant.Network()
	}
	return tracedNetwork{tenant.Network(), w}
}

type tracedNetwork struct {
	*http.Client
	w *World
}

// Do implements Transport.
func (n tracedNetwork) Do(req *http.Request) (*http.Response, error) {
	began := n.w.Now()
	resp, err := n.Client.Do(req)
	e := tenant.Exchange{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Took: n.w.Now().Sub(began)}
	if err == nil {
		e.Status, e.RequestID = resp.StatusCode, resp.Header.Get("x-ms-request-id")
	}
	n.w.Requests(e)
	return resp, err
}
