package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// lie is what a service answers in the place of the truth.
type lie struct {
	name   string
	status int
	// tell makes the body from the true one and the address that was asked; false
	// where the true one has not what it takes.
	tell  func(truth []byte, address string) (body string, ok bool)
	needs bool // the truth
	stays bool // the truth is what a write was to change, as it was before
}

// lies are all kinds of answers that say nothing, or nothing that can be so.
func lies() []lie {
	always := func(name string, status int, body string) lie {
		return lie{name: name, status: status, tell: func([]byte, string) (string, bool) { return body, true }}
	}
	return []lie{
		always("nothing", http.StatusOK, ""),
		always("no content", http.StatusNoContent, ""),
		always("an empty object", http.StatusOK, "{}"),
		always("null", http.StatusOK, "null"),
		always("an error as a success", http.StatusOK, `{"error":{"code":"x","message":"y"}}`),
		always("a web page", http.StatusOK, "<!DOCTYPE html><html><body>Sign in</body></html>"),
		always("a row without anything", http.StatusOK, `{"value":[{}]}`),
		{name: "no list", status: http.StatusOK, tell: noList},
		{name: "a list without its rows", status: http.StatusOK, tell: withoutRows, needs: true},
		{name: "a page that leads to itself", status: http.StatusOK, tell: toItself, needs: true},
		{name: "what was there before", status: http.StatusOK, tell: asItWas, needs: true, stays: true},
	}
}

func noList(truth []byte, _ string) (string, bool) {
	text, ok := changed(truth, func(answer map[string]json.RawMessage, list string) { answer[list] = json.RawMessage("null") })
	if !ok {
		text = `{"value":null}`
	}
	return text, true
}

func withoutRows(truth []byte, _ string) (string, bool) {
	return changed(truth, func(answer map[string]json.RawMessage, list string) { delete(answer, list) })
}

func asItWas(truth []byte, _ string) (string, bool) { return string(truth), len(truth) > 0 }

func toItself(truth []byte, address string) (string, bool) {
	return changed(truth, func(answer map[string]json.RawMessage, _ string) {
		answer["@odata.nextLink"], _ = json.Marshal(address)
	})
}

// changed changes each list that is a member of an answer; false where none is.
func changed(truth []byte, change func(answer map[string]json.RawMessage, list string)) (string, bool) {
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(truth, &answer); err != nil {
		return "", false
	}
	lists := 0
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		if bytes.HasPrefix(bytes.TrimSpace(answer[name]), []byte("[")) {
			change(answer, name)
			lists++
		}
	}
	text, err := json.Marshal(answer)
	return string(text), err == nil && lists > 0
}

// liar stands before a tenant and lies about one kind of request.
type liar struct {
	tenant  http.Handler
	route   string // that it lies about; "" for none
	lie     lie
	instead bool // a write is not carried out
	first   bool // the truth is told once

	mu    sync.Mutex
	seen  map[string]int // how often each route was asked
	lied  int
	asked int
}

// inBatch is before the route of a request that is a part of a batch.
const inBatch = "batch: "

var nameInPath = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|CFQ[0-9A-Z]+`)

// routeOf is the kind of a request: its path without what names anything, and
// whether it asks for a choice of a list.
func routeOf(method, address string) string {
	path, query, _ := strings.Cut(address, "?")
	path = nameInPath.ReplaceAllString(path, "ID")
	path = strings.ReplaceAll(path, "ID_ID", "ID")
	if strings.Contains(query, "filter=") {
		path += "?$filter"
	}
	return method + " " + path
}

// asking is behind the route of a batch that only asks.
const asking = " of questions"

func changes(route string) bool {
	return !strings.HasPrefix(strings.TrimPrefix(route, inBatch), http.MethodGet) && !strings.HasSuffix(route, asking)
}

// batchOf reads the parts of a batch: their ids, each with its route.
func batchOf(body []byte) (ids, routes []string) {
	var request struct {
		Requests []struct{ ID, Method, URL string }
	}
	_ = json.Unmarshal(body, &request)
	for _, p := range request.Requests {
		ids, routes = append(ids, p.ID), append(routes, inBatch+routeOf(p.Method, p.URL))
	}
	return ids, routes
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	route := routeOf(r.Method, r.URL.RequestURI())
	if _, parts := batchOf(body); len(parts) > 0 && !slices.ContainsFunc(parts, changes) {
		route += asking
	}
	l.seen[route]++
	switch {
	case l.route == route && (!l.first || l.seen[route] > 1):
		l.tell(w, r, body)
	case strings.HasSuffix(r.URL.Path, "/$batch"):
		l.batch(w, r, body)
	default:
		relay(w, l.ask(r, body))
	}
}

// ask hands a request to the tenant.
func (l *liar) ask(r *http.Request, body []byte) *httptest.ResponseRecorder {
	truth := httptest.NewRecorder()
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	l.tenant.ServeHTTP(truth, again)
	return truth
}

// before reads what a write is about.
func (l *liar) before(r *http.Request, address string) *httptest.ResponseRecorder {
	path, query, _ := strings.Cut(address, "?")
	if account, is := strings.CutSuffix(path, "/assignLicense"); is {
		path, query = account, "$select=id,assignedLicenses,licenseAssignmentStates"
	}
	present := httptest.NewRequest(http.MethodGet, path+"?"+query, nil)
	present.Host, present.Header = r.Host, r.Header.Clone()
	truth := httptest.NewRecorder()
	if l.tenant.ServeHTTP(truth, present); truth.Code != http.StatusOK {
		return httptest.NewRecorder()
	}
	return truth
}

func relay(w http.ResponseWriter, truth *httptest.ResponseRecorder) {
	for name, values := range truth.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(truth.Code)
	_, _ = w.Write(truth.Body.Bytes())
}

// tell answers a request by the lie.
func (l *liar) tell(w http.ResponseWriter, r *http.Request, body []byte) {
	truth := httptest.NewRecorder()
	switch {
	case l.lie.stays:
		truth = l.before(r, r.URL.RequestURI())
	case !l.instead:
		truth = l.ask(r, body)
	}
	text, ok := l.lie.tell(truth.Body.Bytes(), "http://"+r.Host+r.URL.RequestURI())
	if !ok {
		if !l.instead {
			relay(w, truth)
			return
		}
		text = "{}"
	}
	l.lied++
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(text, "<") {
		w.Header().Set("Content-Type", "text/html")
	}
	w.WriteHeader(l.lie.status)
	_, _ = io.WriteString(w, text)
}

type liedPart struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// batch passes a batch on, and lies about those of its parts that are of the
// kind.
func (l *liar) batch(w http.ResponseWriter, r *http.Request, body []byte) {
	var request struct {
		Requests []json.RawMessage `json:"requests"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	about, kept := map[string]bool{}, request.Requests[:0]
	present := map[string][]byte{}
	ids, routes := batchOf(body)
	for i, p := range request.Requests {
		l.seen[routes[i]]++
		if about[ids[i]] = routes[i] == l.route; !about[ids[i]] || !l.instead {
			kept = append(kept, p)
		} else if l.lie.stays {
			var asked struct{ URL string }
			_ = json.Unmarshal(p, &asked)
			present[ids[i]] = l.before(r, "/v1.0"+asked.URL).Body.Bytes()
		}
	}
	var reply struct {
		Responses []liedPart `json:"responses"`
	}
	if request.Requests = kept; len(kept) > 0 {
		text, _ := json.Marshal(request)
		truth := l.ask(r, text)
		if json.Unmarshal(truth.Body.Bytes(), &reply) != nil || reply.Responses == nil {
			relay(w, truth)
			return
		}
	}
	for i := range reply.Responses {
		if p := &reply.Responses[i]; about[p.ID] {
			l.part(p)
			delete(about, p.ID)
		}
	}
	for id, lied := range about {
		if lied {
			p := liedPart{ID: id, Body: present[id]}
			l.part(&p)
			reply.Responses = append(reply.Responses, p)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(reply)
}

// part puts the lie into a part of an answer.
func (l *liar) part(p *liedPart) {
	text, ok := l.lie.tell(p.Body, "http://localhost/")
	switch {
	case ok:
	case l.instead:
		text = "{}"
	default:
		return
	}
	if strings.HasPrefix(text, "<") {
		text = fmt.Sprintf("%q", text)
	}
	l.lied++
	p.Status, p.Headers, p.Body = l.lie.status, nil, json.RawMessage(text)
}
