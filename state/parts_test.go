package state_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// TestLostPart: a part of a history that somebody removed shows.
func TestLostPart(t *testing.T) {
	s, dir := parts(t)
	if err := began(t, s, 5); err != nil {
		t.Fatal(err)
	}
	if told, err := s.History(context.Background(), nil); err != nil || len(told.Entries) != 5 || len(told.Breaks) > 0 {
		t.Fatalf("the whole history is %+v, %v", told, err)
	}
	if err := os.Remove(filepath.Join(dir, "state-history-2")); err != nil {
		t.Fatal(err)
	}
	told, err := s.History(context.Background(), nil)
	if err != nil || len(told.Breaks) != 1 || told.Breaks[0].Line != 1 || !strings.Contains(told.Breaks[0].Text, "2 missing") {
		t.Errorf("without its second part the history has %+v, %v", told, err)
	}
}

// TestKilledBetweenParts: a run that was killed after it put a part away, and
// before it began the next one, is gone on from; another history there is not
// written over.
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
	if err := os.WriteFile(filepath.Join(dir, "state-history-3"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := began(t, s, 1); err == nil || !strings.Contains(err.Error(), "there is another history at") {
		t.Errorf("where another history is, it says %v", err)
	}
}
