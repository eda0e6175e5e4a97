// Package stateserver stands in for the servers that speak Terraform's http
// protocol, for tests: with the methods LOCK and UNLOCK it answers as the
// protocol says, with POST and DELETE on a path that ends in /lock as GitLab
// does. Under the path of GitLab's API it also writes as GitLab does, whose source
// is public: lib/api/terraform/state.rb and remote_state_handler.rb there. Under
// that of Gitea's it does as Gitea does.
//
// It keeps states in a directory, durably, so that it can be killed. It never
// runs in usher itself.
package stateserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Server is the handler.
type Server struct {
	// User and Password are asked for where they are set.
	User, Password string
	// Reader has the same password, and may do no more than GitLab's Developer role
	// may; "" for nobody.
	Reader string

	dir string
	mu  sync.Mutex
}

// New makes a server that keeps states in a directory.
func New(dir string) *Server { return &Server{dir: dir} }

// lock is a lock's data.
type lock struct {
	ID, Operation, Info, Who, Version, Created, Path string
}

// complete reports whether every field is there, empty or not, as GitLab wants.
func complete(body []byte) bool {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return false
	}
	for _, name := range []string{"ID", "Operation", "Info", "Who", "Version", "Created", "Path"} {
		if _, there := fields[name]; !there {
			return false
		}
	}
	return true
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status := s.refuses(r); status != 0 {
		w.WriteHeader(status)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path, gitlab := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/lock")
	name := url.PathEscape(path)
	switch {
	case strings.HasPrefix(path, "api/packages/"):
		s.gitea(w, r, name, gitlab, body)
	case gitlab && r.Method == http.MethodPost, r.Method == "LOCK":
		s.lock(w, name, body, gitlab)
	case gitlab && r.Method == http.MethodDelete, r.Method == "UNLOCK":
		s.unlock(w, name, r.URL.Query().Get("ID"), body, gitlab)
	case gitlab:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Method == http.MethodGet:
		s.get(w, name)
	case r.Method == http.MethodPost && strings.HasPrefix(path, "api/v4/projects/"):
		s.postStrictly(w, name, r.URL.Query().Get("ID"), body)
	case r.Method == http.MethodPost:
		s.post(w, name, r.URL.Query().Get("ID"), body)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// refuses is the status for who may not do what is asked; 0 for who may.
func (s *Server) refuses(r *http.Request) int {
	user, password, _ := r.BasicAuth()
	reads := user != "" && user == s.Reader
	switch {
	case user != s.User && !reads || password != s.Password:
		return http.StatusUnauthorized
	case reads && r.Method != http.MethodGet:
		return http.StatusForbidden
	}
	return 0
}

func (s *Server) holder(name string) (lock, []byte) {
	var l lock
	text, err := os.ReadFile(s.path(name + ".lock"))
	if err == nil {
		_ = json.Unmarshal(text, &l)
	}
	return l, text
}

func unescaped(name string) string {
	text, _ := url.PathUnescape(name) // which PathEscape wrote
	return text
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) lock(w http.ResponseWriter, name string, body []byte, gitlab bool) {
	var asked lock
	if json.Unmarshal(body, &asked) != nil || gitlab && !complete(body) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	held, text := s.holder(name)
	switch {
	case held.ID == "":
		s.save(w, name+".lock", body)
	case gitlab: // tells whose lock it is, and the rest of it as it was asked
		asked.ID, asked.Who, asked.Created = held.ID, held.Who, held.Created
		echo, _ := json.Marshal(asked) // plain data
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(echo)
	default:
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(text)
	}
}

func (s *Server) unlock(w http.ResponseWriter, name, id string, body []byte, gitlab bool) {
	held, text := s.holder(name)
	var asked lock
	if id == "" && json.Unmarshal(body, &asked) == nil {
		id = asked.ID
	}
	switch {
	case gitlab && id != "" && id != held.ID: // also where there is none, and it does not say whose it is
		w.WriteHeader(http.StatusConflict)
	case held.ID == "":
		w.WriteHeader(http.StatusNotFound)
	case id != "" && id != held.ID: // without an id it is forced
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(text)
	default:
		_ = os.Remove(s.path(name + ".lock"))
	}
}

func (s *Server) get(w http.ResponseWriter, name string) {
	text, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write(text)
}

func (s *Server) post(w http.ResponseWriter, name, id string, body []byte) {
	switch held, _ := s.holder(name); {
	case held.ID != "" && held.ID != id:
		w.WriteHeader(http.StatusConflict)
	case !json.Valid(body):
		w.WriteHeader(http.StatusBadRequest)
	default:
		s.save(w, name, body)
	}
}

// postStrictly writes for whoever gives the id of the lock that there is, or
// none where there is none, and every serial once. It has no better answer for
// others than that it broke.
func (s *Server) postStrictly(w http.ResponseWriter, name, id string, body []byte) {
	var next struct{ Serial *int64 }
	if json.Unmarshal(body, &next) != nil || next.Serial == nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	if held, _ := s.holder(name); held.ID != id {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	serial := fmt.Sprintf("%s.%d", s.path(name), *next.Serial)
	if _, err := os.Stat(serial); err == nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	if s.save(w, name, body) {
		_ = os.WriteFile(serial, nil, 0o600)
	}
}

func (s *Server) save(w http.ResponseWriter, name string, body []byte) bool {
	f, err := os.Create(s.path(name + ".new"))
	if err == nil {
		_, err = f.Write(body)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(s.path(name+".new"), s.path(name))
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
	return err == nil
}
