package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// maxBatch is the service's limit of requests in a batch.
const maxBatch = 20

type batchPart struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

func (s *Server) batch(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Requests []batchPart `json:"requests"`
	}
	if !s.decode(w, r, &b) {
		return
	}
	if len(b.Requests) == 0 || len(b.Requests) > maxBatch {
		s.graphError(w, http.StatusBadRequest, "BadRequest", "Number of batch request steps exceeds the maximum value of %d.", maxBatch)
		return
	}
	status := map[string]int{}
	for _, part := range b.Requests {
		if _, twice := status[strings.ToLower(part.ID)]; twice || part.ID == "" {
			s.graphError(w, http.StatusBadRequest, "BadRequest", "Request Id of every request in a batch must be unique.")
			return
		}
		if len(part.Body) > 0 && part.Headers["Content-Type"] == "" {
			s.graphError(w, http.StatusBadRequest, "BadRequest", "Write request id : %s does not contain Content-Type header or body.", part.ID)
			return
		}
		status[strings.ToLower(part.ID)] = 0
	}
	answers := make([]batchAnswer, 0, len(b.Requests))
	for _, part := range b.Requests {
		a := s.part(r, part, status)
		status[strings.ToLower(part.ID)] = a.Status
		answers = append(answers, a)
	}
	reply(w, http.StatusOK, map[string]any{"responses": answers})
}

// part answers one request of a batch. A lost reply of a part is a gateway's
// time-out: the batch itself still answers.
func (s *Server) part(outer *http.Request, p batchPart, done map[string]int) batchAnswer {
	for _, id := range p.DependsOn {
		if code := done[strings.ToLower(id)]; code < 200 || code >= 300 {
			return batchAnswer{ID: p.ID, Status: http.StatusFailedDependency}
		}
	}
	u, err := url.Parse("/v1.0/" + strings.TrimPrefix(p.URL, "/"))
	if err != nil {
		return batchAnswer{ID: p.ID, Status: http.StatusBadRequest}
	}
	inner := &http.Request{
		Method:     p.Method,
		URL:        u,
		Host:       outer.Host,
		Header:     outer.Header,
		TLS:        outer.TLS,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
	a := s.exchange(inner.WithContext(outer.Context()), p.Body, p.ID)
	if a.lost || a.hangs {
		return batchAnswer{ID: p.ID, Status: http.StatusGatewayTimeout}
	}
	out := batchAnswer{ID: p.ID, Status: a.status, Headers: map[string]string{}}
	for name := range a.header {
		out.Headers[name] = a.header.Get(name)
	}
	if a.body.Len() > 0 {
		out.Body = json.RawMessage(a.body.Bytes())
		if !json.Valid(out.Body) { // what is no JSON travels as base64 text
			out.Body = compact(a.body.Bytes())
		}
	}
	return out
}
