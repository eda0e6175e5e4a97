package state_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/iotest"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/test/stateserver"
)

// breaking carries answers that break off after a few bytes, every other one.
type breaking struct{ answers int }

func (b *breaking) Do(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil || req.Method != http.MethodGet || resp.StatusCode > 299 {
		return resp, err
	}
	if b.answers++; b.answers%2 == 1 {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(resp.Body, 5), iotest.ErrReader(io.ErrUnexpectedEOF)), resp.Body}
	}
	return resp, nil
}

// TestStoresReadOn: a state and a history whose answer breaks off are read to
// their end.
func TestStoresReadOn(t *testing.T) {
	server := httptest.NewServer(stateserver.New(t.TempDir()))
	t.Cleanup(server.Close)
	broken := &breaking{}
	at := map[string]state.Backend{"http": must(httpstate.New(httpstate.Options{Address: server.URL + "/state", Transport: broken}))(t)}
	if endpoint := os.Getenv("USHER_TEST_AZBLOB"); endpoint != "" {
		o := blobOptions(t, endpoint)
		o.Transport = broken
		at["azblob"] = must(azblob.New(o))(t)
	}
	for name, b := range at {
		t.Run(name, func(t *testing.T) {
			ctx, text := context.Background(), (&state.Document{Lineage: "a", Serial: 1}).Encode()
			if _, err := b.Put(ctx, text, ""); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Append(ctx, state.Mark{}, [][]byte{[]byte("a line that is long enough to break off in")}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if got, _, err := b.Get(ctx); err != nil || string(got) != string(text) {
					t.Errorf("the state reads %q, %v", got, err)
				}
				if lines, _, err := b.Log(ctx, state.Mark{}); err != nil || len(lines) != 1 || len(lines[0]) != 42 {
					t.Errorf("the history reads %q, %v", lines, err)
				}
			}
			if broken.answers < 8 {
				t.Errorf("%d answers came, and half of them broke off", broken.answers)
			}
			broken.answers = 0
		})
	}
}
