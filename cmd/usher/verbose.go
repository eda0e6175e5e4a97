package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/view"
)

// trace says what was asked of whom, and never what was in it.
func (a *app) trace(e tenant.Exchange) {
	answer := "no answer"
	if e.Status != 0 {
		answer = fmt.Sprint(e.Status)
	}
	name := ""
	if e.RequestID != "" {
		name = ", request " + view.Safe(e.RequestID)
	}
	a.stderr().Line("%s %s%s: %s after %s%s", e.Method, view.Safe(e.Host), view.Safe(e.Path), answer, e.Took.Round(time.Millisecond), name)
}

// traceStatement is trace for a database, which is asked in statements.
func (a *app) traceStatement(statement string) (ended func(error)) {
	began := a.now()
	return func(err error) {
		answer := "done"
		if err != nil {
			answer = err.Error()
		}
		a.stderr().
			Line("%s: %s after %s", view.Safe(strings.Join(strings.Fields(statement), " ")), view.Safe(answer),
				a.now().Sub(began).Round(time.Millisecond))
	}
}

// network carries requests.
type network interface {
	Do(*http.Request) (*http.Response, error)
}

// storeNetwork carries requests to a store, and tells of them where that was
// asked for.
func (a *app) storeNetwork() network {
	if !a.verbose {
		return tenant.Network()
	}
	return tracedNetwork{tenant.Network(), a}
}

type tracedNetwork struct {
	*http.Client
	a *app
}

// Do implements network.
func (n tracedNetwork) Do(req *http.Request) (*http.Response, error) {
	began := n.a.now()
	resp, err := n.Client.Do(req)
	e := tenant.Exchange{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Took: n.a.now().Sub(began)}
	if err == nil {
		e.Status, e.RequestID = resp.StatusCode, resp.Header.Get("x-ms-request-id")
	}
	n.a.trace(e)
	return resp, err
}
