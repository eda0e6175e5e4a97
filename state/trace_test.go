package state_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/usher-cli/usher/state/postgres"
)

// TestStoresTraceStatements: every statement is told with how it ended, and
// without its values.
func TestStoresTraceStatements(t *testing.T) {
	connection := os.Getenv("USHER_TEST_POSTGRES")
	if connection == "" {
		t.Skip("it takes a database")
	}
	var told strings.Builder
	options := postgres.Options{Connection: connection, Schema: "not_there", Name: "name of a state"}
	options.Trace = func(statement string) func(error) {
		told.WriteString(statement)
		return func(err error) { told.WriteString(" => " + err.Error()) }
	}
	b := must(postgres.New(context.Background(), options))(t)
	t.Cleanup(b.Close)
	if _, _, err := b.Get(context.Background()); err == nil {
		t.Fatal("a state was read where there is no schema")
	}
	if s := told.String(); !strings.Contains(s, "FROM not_there.states WHERE name = $1 => ERROR: relation") ||
		strings.Contains(s, "name of a state") {
		t.Errorf("told was %q", s)
	}
}
