package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// ownRoutes are the sandbox's own: no service has them. They let a scenario
// move the clock and let a machine run.
func (s *Server) ownRoutes() {
	s.mux.HandleFunc("POST /sandbox/clock", s.moveClock)
	s.mux.HandleFunc("POST /sandbox/environments/{id}/machines/{machine}/run", s.runMachine)
}

// moveClock sets the tenant's time, or moves it on. From then on it stands
// still until it is moved again.
func (s *Server) moveClock(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Set     *time.Time `json:"set"`
		Advance *Duration  `json:"advance"`
	}
	if !s.decode(w, r, &b) {
		return
	}
	now := s.now().UTC()
	if b.Set != nil {
		now = b.Set.UTC()
	}
	if b.Advance != nil {
		now = now.Add(time.Duration(*b.Advance))
	}
	s.commit(change{Clock: &now})
	s.tick()
	reply(w, http.StatusOK, map[string]any{"clock": now})
}

// runMachine is an unattended run on a machine: where the machine has too few
// units and its auto-allocation is on, the platform gives it more by itself.
func (s *Server) runMachine(w http.ResponseWriter, r *http.Request) {
	e := s.readable(w, r)
	var b struct {
		Parallel int64 `json:"parallel"`
	}
	if e == nil || !s.decode(w, r, &b) {
		return
	}
	id := strings.ToLower(r.PathValue("machine"))
	changed := *e
	changed.Assignments = slices.Clone(e.Assignments)
	at := slices.IndexFunc(changed.Assignments, func(a CapacityUnit) bool { return a.Regarding == id && a.Type == processType })
	switch {
	case at < 0:
		changed.Assignments = append(
			changed.Assignments,
			CapacityUnit{ID: generatedID("assignment", s.calls), Name: "auto", Type: processType, Count: b.Parallel,
				Regarding: id, Target: "flowmachine", Origin: 1, Auto: true, Created: s.now().UTC(), Version: s.calls},
		)
	case changed.Assignments[at].Auto && changed.Assignments[at].Count < b.Parallel:
		row := &changed.Assignments[at]
		row.Count, row.Origin, row.Version = b.Parallel, 1, s.calls
	case changed.Assignments[at].Count < b.Parallel:
		reply(
			w,
			http.StatusConflict,
			map[string]string{"code": "NoCapacity", "message": "The run is queued: the machine has no free unit, and its auto-allocation is off."},
		)
		return
	}
	s.putEnvironment(r, e, &changed)
	w.WriteHeader(http.StatusNoContent)
}
