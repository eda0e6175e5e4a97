package state_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/test/stateserver"
)

// parts is a history behind the http protocol whose every line is a part, and
// the directory of its server.
func parts(t *testing.T) (*state.Store, string) {
	dir := t.TempDir()
	server := httptest.NewServer(stateserver.New(dir))
	t.Cleanup(server.Close)
	b := must(httpstate.New(httpstate.Options{Address: server.URL + "/state", Version: "0.1.0", HistoryPart: 1}))(t)
	return state.NewStore(b, state.Options{Now: time.Now}), dir
}

func began(t *testing.T, s *state.Store, runs int) error {
	t.Helper()
	j, err := s.Journal(context.Background(), nil, "run")
	if err != nil {
		t.Fatal(err)
	}
	for range runs {
		if err := j.Append(context.Background(), time.Unix(0, 0).UTC(), state.Entry{Kind: state.Began}); err != nil {
			return err
		}
	}
	return nil
}

// TestLostPart: a part of a history that somebody removed shows, alone, and
// runs go on behind it, whatever their state knows of the history.
func TestLostPart(t *testing.T) {
	for name, lost := range map[string]string{"in the middle": "state-history-2", "the newest": "state-history"} {
		s, dir := parts(t)
		if err := began(t, s, 5); err != nil {
			t.Fatal(err)
		}
		told, err := s.History(context.Background(), nil)
		if err != nil || len(told.Entries) != 5 || len(told.Breaks) > 0 {
			t.Fatalf("the whole history is %+v, %v", told, err)
		}
		j, err := s.Journal(context.Background(), nil, "run")
		if err != nil {
			t.Fatal(err)
		}
		head := j.Head()
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		told, err = s.History(context.Background(), &state.Document{History: &head})
		if err != nil || len(told.Entries) != 4 || len(told.Breaks) != 1 {
			t.Errorf("%s: without %s the history has %d entries and %v, %v", name, lost, len(told.Entries), told.Breaks, err)
		}
		if err := began(t, s, 2); err != nil {
			t.Errorf("%s: without %s nothing goes on: %v", name, lost, err)
		}
	}
}

// TestKilledBetweenParts: a run that was killed after it put a part away, and
// before it began the next one, is gone on from.
func TestKilledBetweenParts(t *testing.T) {
	s, dir := parts(t)
	if err := began(t, s, 1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "state-history"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "state-history-1"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := began(t, s, 2); err != nil {
		t.Fatal(err)
	}
	if told, err := s.History(context.Background(), nil); err != nil || len(told.Entries) != 3 || len(told.Breaks) > 0 {
		t.Errorf("gone on from, the history is %+v, %v", told, err)
	}
}

// TestNoPlaceForParts: where something else is in the place of a part, or the
// server has no such place, the part at hand goes on, and nothing is written
// over.
func TestNoPlaceForParts(t *testing.T) {
	s, dir := parts(t)
	if err := began(t, s, 1); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "state-history-1")
	if err := os.WriteFile(other, []byte(`{"lineage":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := began(t, s, 2); err != nil {
		t.Errorf("where something else is nothing goes on: %v", err)
	}
	if text, err := os.ReadFile(other); err != nil || string(text) != `{"lineage":"x"}` {
		t.Errorf("something else was written over: %s, %v", text, err)
	}
	served := stateserver.New(t.TempDir())
	single := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/log" || r.URL.RawQuery != "token=t" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		served.ServeHTTP(w, r)
	}))
	t.Cleanup(single.Close)
	b := must(httpstate.New(httpstate.Options{Address: single.URL + "/state", History: single.URL + "/log?token=t", HistoryPart: 1}))(t)
	s = state.NewStore(b, state.Options{Now: time.Now})
	if err := began(t, s, 3); err != nil {
		t.Errorf("on a server of one address nothing goes on: %v", err)
	}
	if told, err := s.History(context.Background(), nil); err != nil || len(told.Entries) != 3 || len(told.Breaks) > 0 {
		t.Errorf("on a server of one address the history is %+v, %v", told, err)
	}
}

// TestBrokenBetweenParts: a server that breaks while several lines go into
// several parts is asked again, and each line is there once.
func TestBrokenBetweenParts(t *testing.T) {
	for broken := 1; broken <= 6; broken++ {
		posts, served := 0, stateserver.New(t.TempDir())
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.EscapedPath(), "/a%2Fb/") {
				t.Errorf("asked for %s", r.URL.EscapedPath())
			}
			if r.Method == http.MethodPost {
				if posts++; posts == broken {
					if broken%2 == 0 { // after it wrote
						served.ServeHTTP(httptest.NewRecorder(), r)
					}
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
			}
			served.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		b := must(httpstate.New(httpstate.Options{Address: server.URL + "/a%2Fb/state", HistoryPart: 1}))(t)
		s := state.NewStore(b, state.Options{Now: time.Now})
		j := must(s.Journal(context.Background(), nil, "run"))(t)
		if err := j.Append(context.Background(), time.Unix(0, 0).UTC(), slices.Repeat([]state.Entry{{Kind: state.Began}}, 4)...); err != nil {
			t.Errorf("broken at write %d: %v", broken, err)
		}
		if told, err := s.History(context.Background(), nil); err != nil || len(told.Entries) != 4 || len(told.Breaks) > 0 {
			t.Errorf("broken at write %d the history is %+v, %v", broken, told, err)
		}
	}
}

// TestHistoryOfOnePart: a history from before there were parts is gone on from.
func TestHistoryOfOnePart(t *testing.T) {
	s, dir := parts(t)
	if err := began(t, s, 1); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "state-history")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(text), `"part":1,`, "", 1)
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil || old == string(text) {
		t.Fatalf("%s, %v", text, err)
	}
	if err := began(t, s, 2); err != nil {
		t.Fatal(err)
	}
	if told, err := s.History(context.Background(), nil); err != nil || len(told.Entries) != 3 || len(told.Breaks) > 0 {
		t.Errorf("gone on from, the history is %+v, %v", told, err)
	}
	if err := os.WriteFile(path, []byte(`{"version":3,"lineage":"usher-history"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.History(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "a newer usher wrote the history") {
		t.Errorf("of a newer history it says %v", err)
	}
}
