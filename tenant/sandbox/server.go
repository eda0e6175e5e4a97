package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are what a server is given by whoever runs it.
type Options struct {
	Log  io.Writer        // a JSON line for every request; nil for none
	Wire io.Writer        // the same with every answer, for whoever checks what is said; nil for none
	Now  func() time.Time // the clock
	// Open answers everybody everything: whoever runs the tenant in its own
	// process has its file at hand anyway.
	Open bool
}

// Server answers for one tenant.
type Server struct {
	mu      sync.Mutex
	x       *indexed
	store   *store
	opts    Options
	mux     *http.ServeMux
	rights  []graphRight
	key     []byte                 // signs the tokens of this process
	wrote   map[string][]time.Time // when each application wrote, within the window of the limit
	before  map[string][]earlier   // what readings may still show of users, by id
	located map[string]time.Time   // since when a user has a usage location, by id
	slow    time.Duration          // what the parts of the present request wait in all
	calls   int                    // requests so far, for request ids
}

// Open runs the tenant of a file until Close. The error wraps ErrBusy where
// another process runs it.
func Open(path string, opts Options) (*Server, error) {
	st, t, err := openStore(path)
	if err != nil {
		return nil, err
	}
	s := New(t, opts)
	s.store = st
	return s, nil
}

// New runs a tenant in memory only.
func New(t *Tenant, opts Options) *Server {
	s := &Server{x: index(t), opts: opts, mux: http.NewServeMux(), key: newKey(), rights: graphRights(), wrote: map[string][]time.Time{},
		before: map[string][]earlier{}, located: map[string]time.Time{}}
	s.graphRoutes()
	s.groupRoutes()
	s.powerPlatformRoutes()
	s.dataverseRoutes()
	s.commerceRoutes()
	s.loginRoutes()
	s.administrationRoutes()
	s.ownRoutes()
	s.mux.HandleFunc("/", s.unknownRoute)
	return s
}

// Close writes the tenant back to its file.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.close(s.x.Tenant)
}

// Snapshot returns the tenant as it is, encoded as a tenant file.
func (s *Server) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	err := s.x.Encode(&b)
	return []byte(b.String()), err
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<22))
	if err != nil {
		return // the request never arrived whole
	}
	a := s.settle(r, body)
	if a.hangs {
		<-r.Context().Done() // until the client gives up
	}
	time.Sleep(a.delay)
	if a.lost || a.hangs {
		panic(http.ErrAbortHandler) // what net/http offers to cut the connection
	}
	a.writeTo(w)
}

// settle works out an answer: nothing else happens in the tenant meanwhile, and
// what the request wrote is on disk before the answer leaves.
func (s *Server) settle(r *http.Request, body []byte) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	s.slow = 0
	a := s.exchange(r, body, "")
	a.delay = s.slow
	if err := s.store.sync(); err != nil {
		a = newAnswer()
		http.Error(a, "the sandbox cannot write its journal: "+err.Error(), http.StatusInternalServerError)
	}
	return a
}

// now is the tenant's time: its own clock, or that of whoever runs it.
func (s *Server) now() time.Time {
	if s.x.Clock != nil {
		return *s.x.Clock
	}
	return s.opts.Now().UTC()
}

// exchange answers one request or one part of a batch, faults included, and
// logs it.
func (s *Server) exchange(r *http.Request, body []byte, part string) *answer {
	s.calls++
	a := newAnswer()
	f := s.fault(r)
	if f == nil || f.arrives() {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if at := s.serve(a, r); s.x.Capitals && at != login {
			a.capitals()
		}
	}
	if f != nil {
		f.distort(a, r)
		s.slow += a.delay
	}
	s.log(r, body, part, a)
	s.tap(r, body, a, f != nil)
	return a
}

// exchanged is one line for whoever checks what is said.
type exchanged struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Query   string `json:"query"`
	Agent   string `json:"agent"`
	Request string `json:"request"`
	Status  int    `json:"status"`
	Type    string `json:"type"`
	Answer  string `json:"answer"`
	Faulty  bool   `json:"faulty"` // on purpose
}

func (s *Server) tap(r *http.Request, body []byte, a *answer, faulty bool) {
	if s.opts.Wire != nil {
		_, _ = s.opts.Wire.Write(
			append(
				compact(
					exchanged{
						r.Method,
						r.URL.Path,
						r.URL.RawQuery,
						r.UserAgent(),
						string(body),
						a.status,
						a.header.Get("Content-Type"),
						a.body.String(),
						faulty,
					},
				),
				'\n',
			),
		)
	}
}

// serve answers one request that no fault keeps away, as the service that it
// is for.
func (s *Server) serve(a *answer, r *http.Request) service {
	a.header.Set("request-id", s.requestID())
	if name := r.Header.Get("client-request-id"); name != "" {
		a.header.Set("client-request-id", name)
	}
	at := s.route(r)
	switch {
	case at == nobody:
		s.unknownRoute(a, r)
	case s.authorize(a, r, at) && s.allowed(a, r, at):
		s.mux.ServeHTTP(a, r)
	}
	return at
}

// entry is one line of the request log.
type entry struct {
	Time   string          `json:"time"`
	Method string          `json:"method"`
	Host   string          `json:"host,omitempty"` // where it is one of Microsoft's
	Path   string          `json:"path"`
	Query  string          `json:"query,omitempty"`
	Part   string          `json:"part,omitempty"` // id within a batch
	Status int             `json:"status"`
	Lost   bool            `json:"lost,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Agent  string          `json:"agent,omitempty"`
}

func (s *Server) log(r *http.Request, body []byte, part string, a *answer) {
	if s.opts.Log == nil {
		return
	}
	e := entry{Time: s.opts.Now().UTC().Format(time.RFC3339Nano), Method: r.Method, Path: r.URL.Path,
		Query: r.URL.RawQuery, Part: part, Status: a.status, Lost: a.lost, Agent: r.UserAgent()}
	if Known(r.Host) {
		e.Host = r.Host
	}
	if json.Valid(body) && !strings.HasSuffix(r.URL.Path, "/$batch") { // the parts of a batch have lines of their own
		e.Body = body
	}
	_, _ = s.opts.Log.Write(append(compact(e), '\n'))
}
