package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// Fault is a planned misbehaviour. It applies to requests, and parts of
// batches, whose method and path match, after Skip of them and for Times of
// them (0: always), or by chance.
type Fault struct {
	Method string  `json:"method,omitempty"`
	Path   string  `json:"path"` // a substring of the path
	Skip   int     `json:"skip,omitempty"`
	Times  int     `json:"times,omitempty"`
	Rate   float64 `json:"rate,omitempty"` // of the requests that match, between 0 and 1; 0 for all
	Seed   uint64  `json:"seed,omitempty"` // makes chance repeat itself

	Status     int    `json:"status,omitempty"`
	Code       string `json:"code,omitempty"`
	Message    string `json:"message,omitempty"`
	Shape      string `json:"shape,omitempty"` // of the error: graph unless gateway, problem, validation, text or empty
	RetryAfter string `json:"retryAfter,omitempty"`
	Challenge  bool   `json:"challenge,omitempty"`  // it asks for another token
	AfterWrite bool   `json:"afterWrite,omitempty"` // the request is carried out first

	LoseRequest bool   `json:"loseRequest,omitempty"` // the connection is cut, and nothing is carried out
	LoseReply   bool   `json:"loseReply,omitempty"`   // carried out, and the connection is cut
	Hang        bool   `json:"hang,omitempty"`        // carried out, and no answer comes
	Garble      bool   `json:"garble,omitempty"`      // carried out, and the answer breaks off
	DelayMS     int    `json:"delayMs,omitempty"`
	NextLink    string `json:"nextLink,omitempty"`  // in the place of a list's own
	EmptyPage   bool   `json:"emptyPage,omitempty"` // of a list, which goes on

	met    int
	chance *rand.Rand
}

// fault returns the first fault that applies now.
func (s *Server) fault(r *http.Request) *Fault {
	for _, f := range s.x.Faults {
		if f.Method != "" && f.Method != r.Method || !strings.Contains(r.URL.Path, f.Path) {
			continue
		}
		if f.Rate > 0 {
			if f.chance == nil {
				f.chance = rand.New(rand.NewPCG(f.Seed, 1))
			}
			if f.chance.Float64() >= f.Rate {
				continue
			}
		}
		f.met++
		if f.met > f.Skip && (f.Times == 0 || f.met <= f.Skip+f.Times) {
			return f
		}
	}
	return nil
}

// arrives reports whether the request is carried out all the same.
func (f *Fault) arrives() bool {
	return !f.LoseRequest && !f.EmptyPage && (f.Status == 0 || f.AfterWrite || f.LoseReply || f.Hang)
}

func (f *Fault) distort(a *answer, r *http.Request) {
	a.delay = time.Duration(f.DelayMS) * time.Millisecond
	a.lost, a.hangs = f.LoseReply || f.LoseRequest, f.Hang
	switch {
	case f.Garble:
		a.body.Truncate(a.body.Len() / 2)
	case f.EmptyPage:
		reply(a, http.StatusOK, map[string]any{"value": []any{}, "@odata.nextLink": baseURL(r) + r.URL.RequestURI()})
	case f.NextLink != "":
		text := strings.Replace(a.body.String(), "{", fmt.Sprintf(`{"@odata.nextLink":%s,`, compact(f.NextLink)), 1)
		a.body.Reset()
		a.body.WriteString(text)
	}
	if f.Status != 0 {
		f.fail(a)
	}
}

// fail answers with an error, in one of the shapes that the services use.
func (f *Fault) fail(a *answer) {
	a.body.Reset()
	a.header = http.Header{}
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", f.RetryAfter)
	}
	if f.Challenge {
		a.header.Set("WWW-Authenticate", challenge)
	}
	detail := map[string]string{"code": f.Code, "message": f.Message}
	switch {
	case f.Shape == "empty" || f.Shape == "" && f.Code == "" && f.Message == "":
		a.status = f.Status
	case f.Shape == "gateway":
		reply(a, f.Status, detail)
	case f.Shape == "problem":
		reply(a, f.Status, map[string]any{"type": "about:blank", "title": f.Code, "status": f.Status, "detail": f.Message, "instance": "/"})
	case f.Shape == "validation":
		reply(a, f.Status, []any{map[string]any{"key": "", "code": f.Code, "message": f.Message, "details": []any{}}})
	case f.Shape == "text":
		a.header.Set("Content-Type", "text/plain")
		a.status = f.Status
		a.body.WriteString(f.Message)
	default:
		reply(a, f.Status, map[string]any{"error": detail})
	}
}
