package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// BenchmarkState reads a state, changes a hundredth of it and writes it, as an
// apply does: in plain text and encrypted.
func BenchmarkState(b *testing.B) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		b.Fatal(err)
	}
	seal, err := state.NewSeal([]string{key.Recipient().String()}, key.String())
	if err != nil {
		b.Fatal(err)
	}
	for name, s := range map[string]*state.Seal{"plain": nil, "encrypted": seal} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				store := state.NewStore(state.NewFile(filepath.Join(b.TempDir(), "s.json")), state.Options{Now: time.Now, Seal: s})
				if _, err := store.Write(context.Background(), many(n), ""); err != nil {
					b.Fatal(err)
				}
				before := cpu()
				for b.Loop() {
					d, etag, err := store.Read(context.Background())
					if err != nil {
						b.Fatal(err)
					}
					e := state.NewEdit()
					for i := range n / 100 {
						g := d.Grants[rand.IntN(n)].Grant
						g.Units = int64(i)
						e.Put(g, "2026-01-01", nil)
					}
					e.Apply(d)
					if _, err := store.Write(context.Background(), d, etag); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric((cpu()-before).Seconds()/float64(b.N), "cpu-s/op")
			})
		}
	}
}

func many(n int) *state.Document {
	d, e := state.New("tenant"), state.NewEdit()
	for i := range n {
		id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", i*2654435761%(1<<32))
		e.Put(ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: id, Name: fmt.Sprintf("user%d@contoso.com", i)},
			Item: ledger.Item{
				Kind: ledger.Seat,
				ID:   "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
				Name: "SPE_E5",
			}, Value: ledger.Value{Units: 1}}, "2026-01-01", nil)
	}
	e.Apply(d)
	return d
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
