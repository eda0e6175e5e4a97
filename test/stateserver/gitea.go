package stateserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"regexp"
)

// gitea answers as Gitea does since 1.26, whose source is public:
// routers/api/packages/terraform/terraform.go there. It tells whose lock it is in
// full, returns a lock that is free without a word, looks at the lock's id only
// while there is a lock, and takes a serial once.
func (s *Server) gitea(w http.ResponseWriter, r *http.Request, name string, locking bool, body []byte) {
	if base := path.Base(unescaped(name)); !regexp.MustCompile(`^[-_+.\w]+$`).MatchString(base) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch {
	case locking:
		s.giteaLock(w, r.Method, name, body)
	case r.Method == http.MethodGet:
		s.get(w, name)
	case r.Method == http.MethodPost:
		s.postOnce(w, name, r.URL.Query().Get("ID"), body)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *Server) giteaLock(w http.ResponseWriter, method, name string, body []byte) {
	held, text := s.holder(name)
	var asked lock
	switch {
	case json.Unmarshal(body, &asked) != nil || asked.ID == "":
		w.WriteHeader(http.StatusBadRequest)
	case method == http.MethodPost && held.ID != "":
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(text)
	case method == http.MethodPost:
		s.save(w, name+".lock", body)
	case method == http.MethodDelete && held.ID != "" && held.ID != asked.ID:
		http.Error(w, "lock ID mismatch", http.StatusLocked)
	case method == http.MethodDelete:
		_ = os.Remove(s.path(name + ".lock"))
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// postOnce writes a serial that it has not had, for whoever has the lock, if
// anybody has.
func (s *Server) postOnce(w http.ResponseWriter, name, id string, body []byte) {
	if held, text := s.holder(name); held.ID != "" && held.ID != id {
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(text)
		return
	}
	var next struct {
		Serial  uint64
		Lineage string
	}
	if json.Unmarshal(body, &next) != nil || next.Serial == 0 || next.Lineage == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	serial := fmt.Sprintf("%s.%d", s.path(name), next.Serial)
	if _, err := os.Stat(serial); err == nil {
		w.WriteHeader(http.StatusConflict)
		return
	}
	if s.save(w, name, body) {
		_ = os.WriteFile(serial, nil, 0o600)
	}
}
