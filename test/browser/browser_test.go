// Package browser looks at the HTML of usher in a real browser: what runs, what it asks
// for, how fast it filters, and how it looks. It needs Chromium, which run.sh installs.
package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

var (
	usher  = flag.String("usher", "", "the program")
	images = flag.String("images", "", "folder for screenshots; none where it is empty")
)

// tab is a page of the browser, with all that it did.
type tab struct {
	context.Context
	mu   sync.Mutex
	did  []string // messages of the console, dialogs and errors
	asks []string // addresses
}

func open(t *testing.T, file string, width, height int64) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	parent, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, _ := chromedp.NewContext(parent)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // waits for the browser, which writes into its folder up to its end
	x := &tab{Context: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		x.mu.Lock()
		defer x.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			x.asks = append(x.asks, e.Request.URL)
		case *log.EventEntryAdded:
			x.did = append(x.did, "log: "+e.Entry.Text)
		case *runtime.EventConsoleAPICalled:
			x.did = append(x.did, "console")
		case *runtime.EventExceptionThrown:
			x.did = append(x.did, "exception: "+e.ExceptionDetails.Text)
		case *page.EventJavascriptDialogOpening:
			x.did = append(x.did, "dialog: "+e.Message)
		}
	})
	address := url.URL{Scheme: "file", Path: file}
	if err := chromedp.Run(ctx, network.Enable(), log.Enable(), chromedp.EmulateViewport(width, height),
		chromedp.Navigate(address.String())); err != nil {
		t.Fatal(err)
	}
	return x
}

// quiet wants that the page asked for itself alone, and that nothing else happened.
func (x *tab) quiet(t *testing.T, what string) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.did) > 0 {
		t.Errorf("%s: %q", what, x.did)
	}
	if len(x.asks) != 1 {
		t.Errorf("%s asks for %q", what, x.asks)
	}
}

// eval runs a script of the test, which the policy of the page does not bind.
func eval[T any](t *testing.T, x *tab, script string) (v T) {
	t.Helper()
	if err := chromedp.Run(x, chromedp.Evaluate(script, &v)); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// program runs usher in a folder.
func program(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(*usher, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!asExit(err, &exit) || exit.ExitCode() == 1) {
		t.Fatalf("usher %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func asExit(err error, into **exec.ExitError) bool {
	e, is := err.(*exec.ExitError)
	*into = e
	return is
}

func write(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTenThousandSteps: a page of 10,000 steps opens, and filters within 100 ms.
func TestTenThousandSteps(t *testing.T) {
	dir := t.TempDir()
	program(t, dir, "sandbox", "init", "-users=12000", "-out=a.tenant.json")
	text, err := os.ReadFile(filepath.Join(dir, "a.tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tenant struct {
		Users []struct {
			UPN      string    `json:"upn"`
			Licenses []license `json:"licenses"`
			Disabled bool      `json:"disabled"`
		} `json:"users"`
		SKUs []struct {
			ID      string `json:"id"`
			Part    string `json:"partNumber"`
			Enabled int    `json:"enabled"`
		} `json:"skus"`
	}
	if err := json.Unmarshal(text, &tenant); err != nil {
		t.Fatal(err)
	}
	people := []byte("userPrincipalName\n")
	n := 0
	for _, u := range tenant.Users {
		if !u.Disabled && !slices.ContainsFunc(u.Licenses, func(l license) bool { return l.SKU == tenant.SKUs[0].ID }) && n < 10_000 {
			people = append(people, u.UPN+"\n"...)
			n++
		}
	}
	text = bytes.Replace(text, []byte(fmt.Sprintf("\"enabled\":%d", tenant.SKUs[0].Enabled)), []byte("\"enabled\":20000"), 1)
	write(t, dir, "a.tenant.json", text)
	write(t, dir, "people.csv", people)
	write(t, dir, "main.hcl", []byte("tenant \"sandbox\" {\n  file = \"a.tenant.json\"\n}\n\nlicense \"a\" {\n  sku = \""+tenant.SKUs[0].Part+
		"\"\n}\n\nassignment \"all\" {\n  users_file = \"people.csv\"\n\n  grant \"a\" {}\n}\n"))
	file := write(t, dir, "plan.html", program(t, dir, "plan", "-format=html"))
	began := time.Now()
	x := open(t, file, 1280, 900)
	rows := eval[int](t, x, `document.querySelectorAll(".rows li").length`)
	t.Logf("%d rows, open after %s", rows, time.Since(began).Round(time.Millisecond))
	if rows < 9000 {
		t.Fatalf("the page has %d rows", rows)
	}
	const search = `(() => {
  const field = document.querySelector(".find input");
  const times = [];
  for (const word of ["a", "ad", "ada", "ada7", "zzzz", ""]) {
    const began = performance.now();
    field.value = word;
    field.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    times.push(performance.now() - began);
  }
  return times;
})()`
	eval[[]float64](t, x, search) // the first one also compiles
	worst := 0.0
	for range 3 {
		for _, ms := range eval[[]float64](t, x, search) {
			worst = max(worst, ms)
		}
	}
	t.Logf("the slowest filter took %.0f ms", worst)
	if worst > 1000 { // the number of the log is the claim; a machine of others may be slow
		t.Errorf("a filter takes %.0f ms", worst)
	}
	eval[bool](t, x, `(() => { const f = document.querySelector(".find input"); f.value = "77"; f.dispatchEvent(new Event("input"));
  return true })()`)
	if left := eval[int](t, x, `document.querySelectorAll(".rows li:not([hidden])").length`); left == 0 || left == rows {
		t.Errorf("%d of %d rows fit", left, rows)
	}
	x.quiet(t, "the page")
}

type license struct {
	SKU string `json:"sku"`
}

// hostile are names that would act in a page without care.
func hostile() []string {
	return []string{"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)",
		"</style><script>alert(1)</script>", "</script><script>alert(1)</script>", "<base href=https://evil.example>", "javascript:alert(1)",
		"<meta http-equiv=refresh content=0;url=https://evil.example>", "<link rel=stylesheet href=https://evil.example/x.css>",
		"<iframe src=https://evil.example></iframe>", "<form action=https://evil.example>", "&lt;script&gt;", "\x00\x1b[2J\u202e", "]]>", "<!--",
		"{{7*7}}", "${7*7}", strings.Repeat("long", 1<<16)}
}

// TestHostileNames: no name acts in the browser, and each can be read.
func TestHostileNames(t *testing.T) {
	elements := func(name string) (int, string) {
		steps := view.Steps{Title: name, Rows: []view.Row{{Op: ledger.Remove, Subject: name, Detail: name, Address: name,
			Origins: []ledger.Origin{{File: name, Line: 1, Block: name}}}}}
		p := view.Page{Title: name, Digest: name, Parts: []view.Part{view.Verdict(name),
			view.Note{Heading: name, Text: name, Lines: []string{name}},
			view.Bars{{Name: name, Limit: 3, Highest: 4}}, view.Table{Head: []string{name}, Rows: [][]string{{name}}},
			view.List{Title: name, Items: []view.Item{{Day: name, Text: name, Code: []string{name}}}}, view.Intro(name), steps}}
		var b bytes.Buffer
		if err := view.Show("html", view.Output{Writer: &b}, view.Document{Page: p}); err != nil {
			t.Fatal(err)
		}
		x := open(t, write(t, t.TempDir(), "page.html", b.Bytes()), 800, 600)
		n := eval[int](t, x, `document.querySelectorAll("*").length`)
		shown := eval[string](t, x, `document.querySelector(".who").textContent`)
		x.quiet(t, fmt.Sprintf("%.40q", name))
		return n, shown
	}
	want, _ := elements("a name")
	for _, name := range hostile() {
		got, shown := elements(name)
		if got != want {
			t.Errorf("%.40q makes %d elements, and not %d", name, got, want)
		}
		if name == "<!--" && shown != name || strings.HasPrefix(name, "<script>") && shown != name {
			t.Errorf("%q is shown as %q", name, shown)
		}
	}
}

// TestLooks: light, dark, on a phone and on paper.
func TestLooks(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/contoso")); err != nil {
		t.Fatal(err)
	}
	file := write(t, dir, "plan.html", program(t, dir, "plan", "-format=html"))
	for name, look := range map[string]struct {
		width, height int64
		scheme        string
	}{"light": {1280, 1000, "light"}, "dark": {1280, 1000, "dark"}, "phone": {390, 844, "light"}} {
		x := open(t, file, look.width, look.height)
		var shot []byte
		scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}
		if err := chromedp.Run(x, emulation.SetEmulatedMedia().WithFeatures(scheme),
			chromedp.CaptureScreenshot(&shot)); err != nil {
			t.Fatal(err)
		}
		if wide := eval[int](t, x, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s: the page is %d pixels wider than the window", name, wide)
		}
		if *images != "" {
			write(t, *images, "plan-"+name+".png", shot)
		}
		x.quiet(t, name)
	}
	x := open(t, file, 1280, 700)
	eval[bool](t, x, `(() => { const f = document.querySelector(".find input"); f.value = "makers"; f.dispatchEvent(new Event("input"));
  f.scrollIntoView(); return true })()`)
	var shot []byte
	if err := chromedp.Run(x, chromedp.CaptureScreenshot(&shot)); err != nil {
		t.Fatal(err)
	}
	if *images != "" {
		write(t, *images, "plan-steps.png", shot)
	}
	var paper []byte
	if err := chromedp.Run(x, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		paper, _, err = page.PrintToPDF().Do(ctx)
		return err
	})); err != nil || len(paper) < 5000 {
		t.Errorf("%d bytes on paper: %v", len(paper), err)
	}
}
