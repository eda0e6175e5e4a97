package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits are what the directory allows.
type Limits struct {
	Writes    int      `json:"writes,omitempty"` // of one application, within a window; 0 for any number
	Window    Duration `json:"window,omitempty"` // 150 s in the service
	TokenLife Duration `json:"tokenLife,omitempty"`
}

// allowed counts a write against the directory's limit, and refuses the one
// that is too many. Every part of a batch counts, and so does what is refused.
// From four fifths of the limit on the answer says how near it is.
func (s *Server) allowed(w http.ResponseWriter, r *http.Request, at service) bool {
	l := s.x.Limits
	if l == nil || l.Writes == 0 || at != graph || r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/$batch") {
		return true
	}
	app := "anybody"
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c, _ := s.verify(token)
		app = c.AppID
	}
	now, window := s.opts.Now(), cmp.Or(time.Duration(l.Window), 150*time.Second)
	recent := slices.DeleteFunc(s.wrote[app], func(t time.Time) bool { return now.Sub(t) >= window })
	s.wrote[app] = append(recent, now)
	if used := float64(len(s.wrote[app])) / float64(l.Writes); used > 0.8 {
		w.Header().Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(min(used, 1.8), 'f', 2, 64))
	}
	if len(recent) < l.Writes {
		return true
	}
	wait := recent[len(recent)-l.Writes].Add(window).Sub(now)
	w.Header().Set("Retry-After", fmt.Sprintf("%.3f", max(wait.Seconds(), 0.001)))
	w.Header().Set("x-ms-throttle-scope", "Tenant_Application/Write/"+app+"/"+s.x.ID)
	w.Header().Set("x-ms-throttle-information", "WriteLimitExceeded")
	s.graphError(w, http.StatusTooManyRequests, "TooManyRequests", "Please retry again later.")
	return false
}
