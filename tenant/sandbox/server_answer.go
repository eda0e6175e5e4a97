package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// answer is a response in the making: it can still be distorted by a fault,
// or become a part of a batch.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
	lost   bool          // the connection is cut instead
	hangs  bool          // no answer ever comes
	delay  time.Duration // before it leaves
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// capitals writes the ids in an answer in capitals.
func (a *answer) capitals() {
	ids := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	text := ids.ReplaceAllFunc(bytes.Clone(a.body.Bytes()), bytes.ToUpper)
	a.body.Reset()
	a.body.Write(text)
}

func (a *answer) writeTo(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(compact(v))
}

// graphError answers in Graph's shape. The date carries no zone, as the
// service's own does not.
func (s *Server) graphError(w http.ResponseWriter, status int, code, format string, args ...any) {
	reply(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": fmt.Sprintf(format, args...),
		"innerError": map[string]string{
			"date":              s.opts.Now().UTC().Format("2006-01-02T15:04:05"),
			"request-id":        s.requestID(),
			"client-request-id": s.requestID(),
		},
	}})
}

func (s *Server) requestID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.calls) }

func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	s.graphError(w, http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.",
		r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
}

// onlyQuery refuses query parameters that the route does not model.
func (s *Server) onlyQuery(w http.ResponseWriter, r *http.Request, known ...string) bool {
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			s.graphError(w, http.StatusBadRequest, "Request_UnsupportedQuery", "The query parameter '%s' is not supported here.", name)
			return false
		}
	}
	return true
}

// decode reads a JSON body and refuses fields that the route does not model.
func (s *Server) decode(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		s.graphError(w, http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload. %s", err)
		return false
	}
	return true
}
