package config

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func loadFleetText(t *testing.T, files map[string]string) (*Fleet, string) {
	t.Helper()
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	f, diags := LoadFleet(".", Options{Files: fs, Env: func(string) string { return "" }})
	var all []string
	for _, d := range diags {
		all = append(all, d.Summary+": "+d.Detail)
	}
	return f, strings.Join(all, "\n")
}

func TestFleetOfAList(t *testing.T) {
	f, problems := loadFleetText(t, map[string]string{"fleet.hcl": `
fleet {
  queue    = "postgres"
  timezone = "Europe/Amsterdam"
  window   = "22:00-05:30"
  owner    = "night"

  max_requests = 20
}
tenant "customer" {
  for_each  = { for r in csvdecode(file("list.csv")) : r.name => r }
  tenant_id = each.value.id
  directory = "base"
  variables = { tenant = each.key, seats = 3 }
  labels    = { country = each.value.country }
  owner     = each.key == "beta" ? "day" : null

  max_requests = each.key == "beta" ? 5 : null
}
`, "list.csv": "name,id,country\n" +
		"beta,3f2c1a90-0000-4000-8000-00000000000B,NL\nalfa,3f2c1a90-0000-4000-8000-00000000000a,BE\n"})
	if problems != "" {
		t.Fatal(problems)
	}
	var got []string
	for _, x := range f.Tenants {
		got = append(got, strings.Join([]string{x.Name, x.ID, x.Directory, x.Owner, x.Variables["tenant"], x.Variables["seats"],
			x.Labels["country"], x.Window.Zone.String(), x.Window.From.String(), x.Origin.Block, strconv.Itoa(x.Requests)}, " "))
	}
	want := []string{`alfa 3f2c1a90-0000-4000-8000-00000000000a base night alfa 3 BE Europe/Amsterdam 22h0m0s tenant.customer["alfa"] 20`,
		`beta 3f2c1a90-0000-4000-8000-00000000000b base day beta 3 NL Europe/Amsterdam 22h0m0s tenant.customer["beta"] 5`}
	if d := cmp.Diff(want, got); d != "" || f.Queue != PostgreSQL || f.Keep != fleetKeep || f.Timeout != fleetTimeout {
		t.Errorf("%s\n%+v", d, f)
	}
}

// TestFleetSlips: what is wrong has its words.
func TestFleetSlips(t *testing.T) {
	with := func(name, argument string) string {
		return "tenant \"" + name + "\" {\n  directory = \"x\"\n  " + argument + "\n}\n"
	}
	const id = "3f2c1a90-0000-4000-8000-00000000000a"
	for text, want := range map[string]string{
		`fleet {}`: `has no tenant block: write one for each tenant`,
		`tenant "a" { directory = "../elsewhere" }`: `"../elsewhere" leads out of the directory of the fleet`,
		`tenant "a" { directory = "/etc" }`:         `"/etc" leads out of the directory of the fleet`,
		`tenant "a" {}`:                             `needs the argument "directory"`,
		`tenant "a" { directry = "x" }`:             `Did you mean "directory"?`,
		`license "e5" {}`:                           `There is no block "license" at the top level`,
		with("a b", ""):                             `"a b" cannot be the name of a tenant`,
		with("a", "") + with("A", ""):               `There is a tenant "A" already`,
		with("a", `tenant_id = "`+strings.ToUpper(id)+`"`) + with("b", `tenant_id = "`+id+`"`): `already, at fleet.hcl:1`,
		with("a", `tenant_id = ""`):                            `a: "" is not the id of a tenant`,
		"fleet {\n timeout = \"0s\"\n}\n" + with("a", ""):      `No job ends within 0s`,
		with("a", `window = "22-5"`):                           `A window is two times of the day, such as`,
		with("a", `max_requests = 0`):                          `Nothing can be done with 0 requests a second`,
		with("a", `timezone = "Mars"`):                         `There is no time zone "Mars"`,
		with("a", `variables = { client_secret = "s" }`):       `The variable "client_secret" sounds like a secret`,
		with("a", `labels = ["nl"]`):                           `This must be a map of texts`,
		"fleet {\n queue = \"redis\"\n}\n" + with("a", ""):     `The queue is sqlite or postgres, and this is "redis"`,
		"fleet {\n database = \"/tmp/x\"\n}\n" + with("a", ""): `"/tmp/x" leads out of the directory of the fleet`,
	} {
		if _, problems := loadFleetText(t, map[string]string{"fleet.hcl": text}); !strings.Contains(problems, want) {
			t.Errorf("%s\ngives %q\nwant %q", text, problems, want)
		}
	}
}

func TestWindow(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		m, err := time.ParseInLocation("2006-01-02 15:04", text, amsterdam)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct{ window, now, opens string }{
		{"22:00-05:30", "2026-11-30 12:00", "2026-11-30 22:00"},
		{"22:00-05:30", "2026-11-30 22:00", "2026-11-30 22:00"},
		{"22:00-05:30", "2026-11-30 23:10", "2026-11-30 23:10"},
		{"22:00-05:30", "2026-12-01 05:29", "2026-12-01 05:29"},
		{"22:00-05:30", "2026-12-01 05:30", "2026-12-01 22:00"},
		{"01:00-03:00", "2026-11-30 03:00", "2026-12-01 01:00"},
		{"01:00-03:00", "2026-12-31 23:59", "2027-01-01 01:00"},
		{"22:00-05:30", "2026-03-28 21:00", "2026-03-28 22:00"}, // before a clock that goes forward
	} {
		w := Window{Zone: amsterdam}
		if !w.parse(c.window) {
			t.Fatal(c.window)
		}
		if got := w.Opens(at(c.now)); !got.Equal(at(c.opens)) {
			t.Errorf("%s at %s opens %s, want %s", c.window, c.now, got, c.opens)
		}
	}
	if now := at("2026-11-30 12:00"); !(Window{}).Opens(now).Equal(now) || (Window{}).Length() != 24*time.Hour {
		t.Error("no window is not all day")
	}
	w := Window{}
	for text, want := range map[string]time.Duration{"22:00-05:30": 7*time.Hour + 30*time.Minute, "01:00-03:00": 2 * time.Hour} {
		if !w.parse(text) || w.Length() != want {
			t.Errorf("%s is %s long, want %s", text, w.Length(), want)
		}
	}
	for _, text := range []string{"", "22:00", "22:00-22:00", "25:00-05:00", "22:00 05:00", "22:00-05:00 "} {
		if w.parse(text) {
			t.Errorf("%q is taken for a window", text)
		}
	}
}
