package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/identity"
	"github.com/usher-cli/usher/tenant/sandbox"
)

var (
	soakPeople = flag.Int("soak.people", 400, "people who change in the soak")
	soakSeeds  = flag.Int("soak.seeds", 1, "how many soaks")
)

// soakSpeed is how much faster than in the service everything goes: allowance,
// waiting times, timeouts, lags.
const soakSpeed = 10

// soak is a tenant of Microsoft's on a bad day, and what it was asked.
type soak struct {
	t       *testing.T
	server  *sandbox.Server
	tenant  *tenant.Tenant
	mu      sync.Mutex
	batches int
	answers int
	faulty  int
}

// Write counts the lines of the request log.
func (s *soak) Write(line []byte) (int, error) {
	var e struct {
		Path   string
		Part   string
		Status int
		Lost   bool
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasSuffix(e.Path, "/$batch") {
		s.batches++
	}
	if strings.HasPrefix(e.Path, "/v1.0/") {
		s.answers++
		if e.Lost || e.Status >= 400 { // what is garbled shows in neither
			s.faulty++
		}
	}
	return len(line), nil
}

// soakFaults are all kinds of what goes wrong, five in a hundred answers in
// all.
func soakFaults(seed uint64) []*sandbox.Fault {
	kinds := []sandbox.Fault{
		{Status: 429, Code: "TooManyRequests", Message: "Please retry again later.", RetryAfter: "0.5"},
		{Status: 503, Code: "ServiceUnavailable", Message: "Busy.", RetryAfter: "0.2"},
		{Status: 500, Code: "UnknownError", Message: "Broken.", AfterWrite: true},
		{Status: 502, Shape: "text", Message: "Bad gateway"},
		{Status: 504, AfterWrite: true},
		{
			Status:  409,
			Code:    "Directory_ConcurrencyViolation",
			Message: "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
		},
		{
			Method:  http.MethodPost,
			Status:  404,
			Code:    "Request_ResourceNotFound",
			Message: "Resource does not exist or one of its queried reference-property objects are not present.",
		},
		{Status: 401, Code: "InvalidAuthenticationToken", Message: "Lifetime validation failed."},
		{LoseRequest: true}, {LoseReply: true}, {Hang: true}, {Garble: true},
	}
	var all []*sandbox.Fault
	for i, f := range kinds {
		f.Path, f.Rate, f.Seed = "/v1.0/", 0.05/float64(len(kinds)), seed*100+uint64(i)
		all = append(all, &f)
	}
	return all
}

const soakTenant = "81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c"

func newSoak(t *testing.T, people int, seed uint64) *soak {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	world := sandbox.Generate(people, products(cat), map[string]int64{})
	world.ID = soakTenant
	world.Limits = &sandbox.Limits{
		Writes:    3000,
		Window:    sandbox.Duration(150 * time.Second / soakSpeed),
		TokenLife: sandbox.Duration(20 * time.Second),
	}
	world.Delays = &sandbox.Delays{Users: sandbox.Duration(20 * time.Second / soakSpeed)}
	world.Faults = soakFaults(seed)
	world.Applications = []*sandbox.Application{{ID: "aaaaaaaa-0000-4000-8000-000000000002", Name: "usher", Secret: "soak", Management: true,
		Permissions: []string{"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", "User.Read.All", "Organization.Read.All"}}}
	s := &soak{t: t}
	s.server = sandbox.New(world, sandbox.Options{Now: time.Now, Log: s})
	address, transport := serveTLS(t, s.server)
	env := map[string]string{"USHER_CLIENT_ID": world.Applications[0].ID, "USHER_CLIENT_SECRET": "soak"}
	id, err := identity.New(
		identity.Options{Tenant: soakTenant, Login: address, Private: true, Env: func(k string) string { return env[k] }, Transport: transport},
	)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := catalog.CloudNamed("public")
	here := catalog.Cloud{Login: address, Graph: address, PowerPlatform: address, Admin: address, Purchase: address}
	s.tenant, err = tenant.Open(
		tenant.Settings{
			Directory: &tenant.Directory{ID: soakTenant, Cloud: public, Endpoints: here, Credential: id.Credential, Transport: transport},
			Writes:    20 * soakSpeed,
			Version:   version,
			Catalog:   cat,
			Now:       time.Now,
			Retry:     500 * time.Millisecond / soakSpeed,
			Timeout:   30 * time.Second / soakSpeed,
			Lag:       30 * time.Second / soakSpeed,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serveTLS serves a handler over TLS, as the sandbox does, and returns what
// trusts it.
func serveTLS(t *testing.T, h http.Handler) (address string, transport *http.Client) {
	t.Helper()
	authority, err := sandbox.NewAuthority(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", authority.Config())
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = web.Serve(listener) }()
	t.Cleanup(func() { _ = web.Close() })
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	transport = &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 16},
	}
	return "https://" + listener.Addr().String(), transport
}

// wants moves everybody: who has Premium gets Power Apps instead, and the others
// get the free license of Power Automate.
func (s *soak) wants(r *tenant.Reading) []ledger.Grant {
	bySKU := map[string]ledger.Item{}
	for _, supply := range r.Supply {
		bySKU[supply.Item.Name] = supply.Item
	}
	has := map[string]bool{}
	for _, g := range r.Grants {
		has[g.Holder.ID] = true
	}
	var want []ledger.Grant
	for _, h := range s.people(r) {
		item := bySKU["FLOW_FREE"]
		if has[h.ID] {
			item = bySKU["POWERAPPS_PER_USER"]
		}
		want = append(
			want,
			ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: 1}, Origins: []ledger.Origin{{File: "soak.hcl", Line: 1}}},
		)
	}
	return want
}

func (s *soak) people(*tenant.Reading) []ledger.Holder {
	text, err := s.server.Snapshot()
	if err != nil {
		s.t.Fatal(err)
	}
	world, err := sandbox.Decode(bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	var all []ledger.Holder
	for _, u := range world.Users {
		all = append(all, ledger.Holder{Kind: ledger.User, ID: u.ID, Name: u.UPN})
	}
	return all
}

func (s *soak) read() *tenant.Reading {
	r, err := s.tenant.Read(context.Background(), tenant.ReadOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(r.Unread) > 0 {
		s.t.Fatalf("unread: %+v", r.Unread)
	}
	r.SeatLag = time.Minute
	return r
}

// TestSoak runs alone, because others would take the time that it counts. Its parts mostly wait,
// so they run beside each other.
func TestSoak(t *testing.T) {
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		for seed := range *soakSeeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) { soakFaulty(t, *soakPeople, uint64(seed)) })
		}
	})
	for _, perSecond := range []int{5, 10, 20} {
		t.Run(fmt.Sprintf("pace/%d a second", perSecond), func(t *testing.T) {
			t.Parallel()
			soakPace(t, perSecond)
		})
	}
}

// soakFaulty changes many people in a tenant where five in a hundred answers are
// wrong in every way, and everything is a little late. It loses and doubles
// nothing, and reports how long it takes and how many requests it sends.
func soakFaulty(t *testing.T, people int, seed uint64) {
	s := newSoak(t, people, seed)
	reading := s.read()
	known := ownRecords(reading)
	want := s.wants(reading)
	in := plan.Input{Want: want, Known: known, Have: reading.Have, At: time.Now(), Today: "2026-01-01", Guard: worlds.NoGuard()}
	p := plan.New(in)
	if len(p.Calls) != people || p.Refused() {
		t.Fatalf("%d calls for %d people, refused: %t", len(p.Calls), people, p.Refused())
	}
	store := state.NewStore(state.NewFile(filepath.Join(t.TempDir(), "usher.state.json")), state.Options{Now: time.Now})
	doc := state.New(soakTenant)
	edit := state.NewEdit()
	for _, g := range known {
		edit.Put(g, "2026-01-01", nil)
	}
	edit.Apply(doc)
	etag, err := store.Write(context.Background(), doc, "")
	if err != nil {
		t.Fatal(err)
	}
	s.batches, s.answers, s.faulty = 0, 0, 0
	began := time.Now()
	r := &apply.Runner{Tenant: s.tenant, Store: store, Batch: tenant.Batch, Parallelism: 4, Checkpoint: 15 * time.Second / soakSpeed,
		Lag: func(ledger.HolderKind) time.Duration { return time.Minute }, Name: reading.Name, Now: time.Now,
		Day:      func() string { return "2026-01-01" },
		Progress: func(ledger.Result, ledger.Tally) {}}
	report, err := r.Run(context.Background(), p, doc, etag)
	took := time.Since(began)
	if err != nil || !report.Complete() {
		t.Fatalf("the run is not complete: %v, %+v, %+v", err, report.Tally, report.Results[:min(1, len(report.Results))])
	}
	s.check(store, want, took, people)
}

func ownRecords(r *tenant.Reading) []ledger.Grant {
	known := slices.Clone(r.Grants)
	ledger.SortGrants(known)
	return known
}

// check looks at what the run left, and at what it cost.
func (s *soak) check(store *state.Store, want []ledger.Grant, took time.Duration, people int) {
	t := s.t
	allowance := time.Duration(float64(people) / (20 * soakSpeed) * float64(time.Second))
	most := people/tenant.Batch*5/4 + 30
	t.Logf(
		"%d people in %.1f s, %.2f times what the allowance dictates; %d batches, %.2f times what is needed; %d of %d answers wrong",
		people,
		took.Seconds(),
		took.Seconds()/allowance.Seconds(),
		s.batches,
		float64(s.batches)*float64(tenant.Batch)/float64(people),
		s.faulty,
		s.answers,
	)
	if s.batches > most {
		t.Errorf("%d batches, and %d are enough", s.batches, most)
	}
	if people >= 10_000 && s.faulty*100 < s.answers*4 {
		t.Errorf("only %d of %d answers were wrong", s.faulty, s.answers)
	}
	text, err := s.server.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	world, err := sandbox.Decode(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]string{}
	for _, g := range want {
		wanted[g.Holder.ID] = g.Item.ID
	}
	for _, u := range world.Users {
		if len(u.Licenses) != 1 || u.Licenses[0].SKU != wanted[u.ID] {
			t.Errorf("%s has %+v, want %s", u.UPN, u.Licenses, wanted[u.ID])
		}
	}
	if len(world.Overspends) > 0 {
		t.Errorf("overspent: %+v", world.Overspends)
	}
	reading := s.read()
	doc, _, err := store.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again := plan.New(plan.Input{Want: want, Known: doc.Known(), Recent: doc.Recent, Have: reading.Have, At: time.Now(), Today: "2026-01-01"})
	if !again.Empty() {
		t.Errorf("planning again gives %d steps", len(again.Steps()))
	}
}
