package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFleetLooks: the report of fifty tenants after a night, in a window and on a phone.
func TestFleetLooks(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/fleet")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	program(t, dir, "sandbox", "init", "-users=20", "-out=one.json")
	one, err := os.ReadFile(filepath.Join(dir, "one.json"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "customers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range strings.Split(strings.TrimSpace(string(list)), "\n")[1:] {
		name, _, _ := strings.Cut(row, ",")
		text := string(one)
		if name == "customer-13" {
			const refused = `  "faults": [{"path": "/v1.0/users", "status": 403, "times": 9999}],`
			text = strings.Replace(text, `  "users"`, refused+"\n"+`  "users"`, 1)
		}
		write(t, filepath.Join(dir, "tenants"), name+".tenant.json", []byte(text))
	}
	run := func(args ...string) { program(t, dir, append([]string{"fleet"}, args...)...) }
	run("run", "plan", "-concurrency=8", "-poll=100ms")
	run("approve", "-as-of=50", "-tenants=size=small", "-cause=add POWERAUTOMATE_ATTENDED_RPA by assignment.makers",
		"-cause=adopt POWERAUTOMATE_ATTENDED_RPA by assignment.makers")
	run("run", "apply", "-now", "-concurrency=8", "-poll=100ms")
	for _, customer := range []string{"customer-03", "customer-21"} {
		program(t, dir, "sandbox", "request", "-file=tenants/"+customer+".tenant.json", "POST",
			"/v1.0/users/user000002@contoso.com/assignLicense", `{"addLicenses":[],"removeLicenses":["eda1941c-3c4f-4995-b5eb-e85a42175ab9"]}`)
	}
	run("run", "drift", "-now", "-tenants=size=small", "-concurrency=8", "-poll=100ms")
	run("run", "usage", "-concurrency=8", "-poll=100ms")
	page := program(t, dir, "fleet", "report", "-format=html")
	file := write(t, dir, "fleet.html", page)
	for name, width := range map[string]int64{"report": 1280, "phone": 390} {
		x := open(t, file, width, 1000)
		var shot []byte
		if err := chromedp.Run(x, chromedp.CaptureScreenshot(&shot)); err != nil {
			t.Fatal(err)
		}
		if wide := eval[int](t, x, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s: the page is %d pixels wider than the window", name, wide)
		}
		if text := eval[string](t, x, `document.body.textContent`); !strings.Contains(text, "2 tenants: gone POWERAUTOMATE_ATTENDED_RPA") {
			t.Errorf("%s: the page does not tell of the drift", name)
		}
		x.quiet(t, name)
		if *images != "" {
			write(t, *images, "fleet-"+name+".png", shot)
		}
	}
}
