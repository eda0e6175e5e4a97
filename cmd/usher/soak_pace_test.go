package main

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/sandbox"
)

var (
	paceWrites = flag.Int("soak.writes", 240, "writes of the soak of the pace")
	paceSpeed  = flag.Int("soak.speed", 20, "how much faster than in a service its time goes")
)

// refusals counts the writes that a service refuses for now.
type refusals struct {
	mu              sync.Mutex
	writes, refused int
}

// Write counts the lines of the request log.
func (r *refusals) Write(line []byte) (int, error) {
	var e struct {
		Method, Path string
		Status       int
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Method == http.MethodPost && e.Path[len(e.Path)-1] != 'h' { // not of a batch as a whole
		r.writes++
		if e.Status == 429 {
			r.refused++
		}
	}
	return len(line), nil
}

// soakPace gives seats in a tenant that allows fewer writes than usher expects. usher finds the
// allowance by itself, with few writes refused, and reports how long it takes beside the least
// that the allowance needs.
func soakPace(t *testing.T, perSecond int) {
	const window = 5 // seconds
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	speed := time.Duration(*paceSpeed)
	world := sandbox.Generate(*paceWrites, products(cat), map[string]int64{})
	for _, u := range world.Users {
		u.Licenses = nil
	}
	world.Limits = &sandbox.Limits{Writes: perSecond * window, Window: sandbox.Duration(window * time.Second / speed)}
	log := &refusals{}
	server := sandbox.New(world, sandbox.Options{Now: time.Now, Log: log})
	address, transport := serveTLS(t, server)
	here := catalog.Cloud{Login: address, Graph: address, PowerPlatform: address, Admin: address, Purchase: address}
	public, _ := catalog.CloudNamed("public")
	opened, err := tenant.Open(tenant.Settings{
		Directory: &tenant.Directory{ID: world.ID, Cloud: public, Endpoints: here, Credential: anybody{}, Transport: transport},
		Writes:    20 * float64(*paceSpeed), Version: version, Catalog: cat, Now: time.Now, Retry: 500 * time.Millisecond / speed,
	})
	if err != nil {
		t.Fatal(err)
	}
	reading, err := opened.Read(context.Background(), tenant.ReadOptions{})
	if err != nil || len(reading.Unread) > 0 {
		t.Fatal(err, reading.Unread)
	}
	var want []ledger.Grant
	for _, s := range reading.Supply {
		for _, u := range world.Users {
			if s.Item.Name == "POWERAPPS_PER_USER" {
				want = append(want, ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: u.ID, Name: u.UPN}, Item: s.Item,
					Value: ledger.Value{Units: 1}, Origins: []ledger.Origin{{File: "soak.hcl", Line: 1}}})
			}
		}
	}
	ledger.SortGrants(want)
	p := plan.New(plan.Input{Want: want, Have: reading.Have, At: time.Now(), Today: "2026-01-01", Guard: worlds.NoGuard()})
	store := state.NewStore(state.NewFile(filepath.Join(t.TempDir(), "usher.state.json")), state.Options{Now: time.Now})
	run := &apply.Runner{Tenant: opened, Store: store, Batch: tenant.Batch, Parallelism: 4, Checkpoint: time.Minute,
		Lag: func(ledger.HolderKind) time.Duration { return 0 }, Name: reading.Name, Now: time.Now,
		Day: func() string { return "2026-01-01" }, Progress: func(ledger.Result, ledger.Tally) {}}
	began := time.Now()
	report, err := run.Run(context.Background(), p, nil, "")
	took := time.Since(began).Seconds() * float64(*paceSpeed)
	if err != nil || report.Done != *paceWrites {
		t.Fatalf("not everybody has a seat: %v, %+v", err, report)
	}
	least := float64(*paceWrites-perSecond*window) / float64(perSecond)
	t.Logf("%d writes in %.0f s, %.2f times the least of %.0f s; %.1f %% of %d refused", *paceWrites, took, took/least, least,
		100*float64(log.refused)/float64(log.writes), log.writes)
	if log.refused > 20+*paceWrites/50 {
		t.Errorf("%d of %d writes were refused", log.refused, log.writes)
	}
}

// anybody signs in as nobody in particular.
type anybody struct{}

// GetToken implements azcore.TokenCredential.
func (anybody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "anybody", ExpiresOn: time.Now().Add(time.Hour)}, nil
}
