// Package forgeserver stands in for the forges in tests: GitHub, Gitea, GitLab and Azure
// Repos, as far as comments, issues and pull requests go. It takes the routes, headers and fields that
// their references describe, and refuses any other. It keeps everything in memory.
package forgeserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Note is a comment or an issue, of any forge.
type Note struct {
	ID     int
	Number int // of the pull request or issue that it is on; 0 for an issue itself
	Thread int // of Azure Repos
	Author string
	Title  string
	Body   string
	Open   bool
	Status string // of the thread
	Issue  bool
}

// Fault makes one request fail.
type Fault struct {
	Method string
	Path   string // a part of it
	Status int
	Retry  string // Retry-After
	Done   bool   // the request is carried out first: only its answer is lost
}

// Server is one forge, with one repository.
type Server struct {
	Token string
	Me    string // the account of the token; "" where the forge does not tell it
	Merge map[string]int

	mu     sync.Mutex
	notes  []Note
	pulls  []Pull
	next   int
	faults []Fault
	asked  []string // each request, as METHOD path
	bad    []string // what no reference describes
}

// New makes a forge without comments.
func New(token, me string) *Server {
	return &Server{Token: token, Me: me, next: 1, Merge: map[string]int{}}
}

// Put adds a note of somebody.
func (s *Server) Put(n Note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.ID = s.id()
	s.notes = append(s.notes, n)
}

// Fail makes the next request that fits fail.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// Notes lists what is there.
func (s *Server) Notes() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Note(nil), s.notes...)
}

// asks are questions of Azure DevOps that are too long for an address.
var asks = regexp.MustCompile(`/(pullrequestquery|wiql|workitemsbatch)$`)

// Writes counts the requests that wrote.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.asked {
		if !strings.HasPrefix(r, "GET ") && !asks.MatchString(r) {
			n++
		}
	}
	return n
}

// Bad lists the requests that no reference describes.
func (s *Server) Bad() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bad
}

func (s *Server) id() int {
	s.next++
	return s.next - 1
}

// call is one request on its way.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	path string
	body []byte
}

// route is a request that a reference describes.
type route struct {
	method, path string // a pattern
	answer       func(*call, []string)
}

// ServeHTTP implements http.Handler. The first part of the path says which forge it is.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	kind, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c := &call{s, w, r, "/" + path, body}
	s.asked = append(s.asked, r.Method+" "+c.path)
	for i, f := range s.faults {
		if f.Method == r.Method && strings.Contains(c.path, f.Path) {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			if f.Done {
				c.w = &deaf{}
				s.serve(kind, c)
			}
			if f.Retry != "" {
				w.Header().Set("Retry-After", f.Retry)
			}
			http.Error(w, `{"message":"a fault of this test"}`, f.Status)
			return
		}
	}
	s.serve(kind, c)
}

// deaf swallows an answer that is lost.
type deaf struct{ header http.Header }

func (d *deaf) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (d *deaf) Write(b []byte) (int, error) { return len(b), nil }
func (d *deaf) WriteHeader(int)             {}

func (s *Server) serve(kind string, c *call) {
	routes, signed := map[string][]route{"github": hubRoutes(), "gitea": teaRoutes(), "gitlab": labRoutes(), "azure": azureRoutes()}[kind], ""
	switch kind {
	case "github":
		signed = "Bearer " + s.Token
		if c.r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" || c.r.Header.Get("Accept") != "application/vnd.github+json" {
			c.refuse(http.StatusBadRequest, "the version of the API is missing")
			return
		}
	case "gitea":
		signed = "token " + s.Token
	case "azure":
		signed = "Bearer " + s.Token
		if !strings.HasPrefix(c.r.URL.Query().Get("api-version"), "7.1") {
			c.refuse(http.StatusBadRequest, "the version of the API is missing")
			return
		}
	case "gitlab":
		signed = c.r.Header.Get("Authorization")
		if c.r.Header.Get("PRIVATE-TOKEN") != s.Token {
			signed = "none"
		}
	}
	if c.r.Header.Get("Authorization") != signed {
		c.refuseKnown(http.StatusUnauthorized, "Bad credentials")
		return
	}
	for _, r := range routes {
		if m := regexp.MustCompile("^" + r.path + "$").FindStringSubmatch(c.path); m != nil && r.method == c.r.Method {
			r.answer(c, m[1:])
			return
		}
	}
	c.refuse(http.StatusNotFound, "no such route")
}

// refuse answers what no reference describes, and remembers it.
func (c *call) refuse(status int, why string) {
	c.bad = append(c.bad, fmt.Sprintf("%s %s: %s: %.200s", c.r.Method, c.path, why, c.body))
	c.refuseKnown(status, why)
}

// refuseKnown answers as a forge does.
func (c *call) refuseKnown(status int, message string) {
	c.answer(status, map[string]string{"message": message})
}

func (c *call) answer(status int, v any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	if v != nil {
		_ = json.NewEncoder(c.w).Encode(v) // whoever asked is gone
	}
}

// read reads the body, whose fields are those of a value and no others.
func (c *call) read(into any) bool {
	dec := json.NewDecoder(strings.NewReader(string(c.body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil || c.r.Header.Get("Content-Type") != "application/json" {
		c.refuse(http.StatusBadRequest, fmt.Sprintf("the body is not what the reference describes: %v", err))
		return false
	}
	return true
}

// fits refuses a text that is longer than the forge takes.
func (c *call) fits(text string, most int) bool {
	if n := len([]rune(text)); n == 0 || n > most {
		c.refuseKnown(http.StatusUnprocessableEntity, fmt.Sprintf("body has %d characters, and %d are the most", n, most))
		return false
	}
	return true
}

// find finds a note; nil where there is none.
func (s *Server) find(has func(*Note) bool) *Note {
	for i := range s.notes {
		if has(&s.notes[i]) {
			return &s.notes[i]
		}
	}
	return nil
}

// drop removes a note.
func (s *Server) drop(n *Note) {
	for i := range s.notes {
		if &s.notes[i] == n {
			s.notes = append(s.notes[:i:i], s.notes[i+1:]...)
			return
		}
	}
}

// some is one page of a list.
func some[T any](c *call, size, page string, all []T) []T {
	query := c.r.URL.Query()
	number := func(name string, standard int) int {
		n := standard
		if text := query.Get(name); text != "" {
			_, _ = fmt.Sscan(text, &n) // what is no number leaves the standard
		}
		return n
	}
	whole, at := number(size, 30), number(page, 1)
	if size == "limit" {
		whole = min(whole, 20) // the administrator of a Gitea sets the largest page
	}
	from := min((at-1)*whole, len(all))
	return append([]T{}, all[from:min(from+whole, len(all))]...)
}

// written is when everything here was written.
func written() string { return time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC).Format(time.RFC3339) }
