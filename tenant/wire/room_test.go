package wire_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/wire"
)

// TestRoom: every try needs room, for as many requests as are in it. Where there is none, nothing leaves.
func TestRoom(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if sent++; sent == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	var asked []int
	full := errors.New("there is no room")
	c := wire.New(wire.Options{Base: server.URL, Transport: server.Client(), RetryDelay: time.Microsecond,
		Room: func(_ context.Context, requests int) error {
			if asked = append(asked, requests); len(asked) > 3 {
				return full
			}
			return nil
		}})
	ctx := context.Background()
	if err := c.JSON(wire.WithBatch(ctx, 7, 3), http.MethodPost, "/batch", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.JSON(ctx, http.MethodPost, "/one", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	doubt := false
	if err := c.JSON(wire.WithDoubt(ctx, &doubt), http.MethodPost, "/one", struct{}{}, nil); !errors.Is(err, full) || doubt {
		t.Errorf("%v, doubt %t", err, doubt)
	}
	if want := []int{7, 7, 1, 1}; !slices.Equal(asked, want) || sent != 3 {
		t.Errorf("asked for %v, not %v; sent %d", asked, want, sent)
	}
}
