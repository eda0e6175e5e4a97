// Package usher_test holds the laws of the house as a whole: who may import
// whom, and who may touch the world.
package usher_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/usher-cli/usher/"

// mayImport is the house, floor by floor: the packages of ours that each may
// import. Whatever is not listed here may import nothing of ours.
var mayImport = map[string][]string{
	"ledger":               {},
	"ledger/slips":         {},
	"catalog":              {},
	"tenant/sandbox":       {},
	"tenant/wire":          {"ledger"},
	"config":               {"ledger", "ledger/slips", "catalog"},
	"plan":                 {"ledger", "catalog"},
	"plan/worlds":          {"ledger", "plan"}, // for tests only
	"state":                {"ledger"},
	"state/azblob":         {"ledger", "state"},
	"state/httpstate":      {"ledger", "state"},
	"state/postgres":       {"ledger", "state"},
	"tenant/graph":         {"ledger", "tenant/wire"},
	"tenant/powerplatform": {"catalog", "ledger", "tenant/wire"},
	"tenant/commerce":      {"ledger", "tenant/wire"},
	"tenant/dataverse":     {"ledger", "tenant/wire"},
	"tenant/identity":      {},
	"tenant": {
		"tenant/commerce",
		"tenant/dataverse",
		"tenant/graph",
		"tenant/powerplatform",
		"tenant/sandbox",
		"tenant/wire",
		"ledger",
		"ledger/slips",
		"catalog",
	},
	"apply":  {"plan", "state", "ledger"},
	"export": {"catalog", "config", "ledger"},
	"engine": {
		"apply",
		"catalog",
		"config",
		"export",
		"ledger",
		"ledger/slips",
		"plan",
		"state",
		"state/azblob",
		"state/httpstate",
		"state/postgres",
		"tenant",
		"tenant/identity",
	},
	"forge":                  {"ledger"},
	"test/forgeserver":       {}, // for tests only
	"view":                   {"catalog", "config", "export", "ledger", "plan", "state"},
	"test/answers":           {}, // for tests only
	"test/program":           {},
	"fleet":                  {"config", "engine", "export", "ledger", "ledger/slips", "plan", "state", "view"},
	"fleet/queue":            {"config", "engine", "export", "fleet", "view"},
	"fleet/telemetry":        {},
	"test/stateserver":       {}, // for tests only
	"test/stateserver/serve": {"test/stateserver"},
	"cmd/usher": {
		"catalog", "config", "engine", "fleet", "fleet/queue", "fleet/telemetry", "forge", "ledger", "ledger/slips", "plan", "state", "tenant",
		"tenant/sandbox", "view",
	},
}

// onlyIn says where an import from outside may be used.
var onlyIn = []struct {
	prefix string
	homes  []string
}{
	{"github.com/hashicorp/hcl/v2", []string{"config", "engine", "fleet", "view", "cmd/usher"}},
	{"github.com/zclconf/go-cty", []string{"config"}},
	{"github.com/spf13/cobra", []string{"cmd/usher"}},
	{"github.com/Azure/", []string{"forge", "state/azblob", "state/httpstate", "tenant", "tenant/identity", "tenant/wire"}},
	{"github.com/jackc/", []string{"fleet/queue", "state/postgres"}},
	{"filippo.io/", []string{"state"}},
	{"go.opentelemetry.io/", []string{"fleet/telemetry"}},
	{"github.com/prometheus/", []string{"fleet/telemetry"}},
	{
		"net/http",
		[]string{
			"fleet/telemetry",
			"test/answers",
			"test/forgeserver",
			"forge",
			"tenant",
			"tenant/commerce",
			"tenant/dataverse",
			"tenant/graph",
			"tenant/identity",
			"tenant/powerplatform",
			"tenant/sandbox",
			"tenant/wire",
			"state/azblob",
			"state/httpstate",
			"test/stateserver",
			"test/stateserver/serve",
			"engine",
			"cmd/usher",
		},
	},
	{"os", []string{"config", "state", "tenant/sandbox", "fleet/queue", "test/program", "test/stateserver", "test/stateserver/serve", "engine",
		"cmd/usher"}},
}

func TestImportsKeepToTheirFloor(t *testing.T) {
	seen := 0
	eachImport(t, func(home, path, at string) {
		seen++
		if ours, ok := strings.CutPrefix(path, module); ok {
			if !contains(mayImport[home], ours) {
				t.Errorf("%s: %s may not import %s", at, home, ours)
			}
			return
		}
		if home == "ledger" || home == "catalog" {
			if strings.Contains(path, ".") {
				t.Errorf("%s: %s may import only the standard library, not %s", at, home, path)
			}
		}
		for _, rule := range onlyIn {
			if (path == rule.prefix || strings.HasPrefix(path, rule.prefix) && strings.Contains(rule.prefix, ".")) && !contains(rule.homes, home) {
				t.Errorf("%s: %s may not import %s", at, home, path)
			}
		}
	})
	if seen < 100 {
		t.Errorf("the walk saw %d imports: it does not see the house", seen)
	}
}

// eachImport calls f for every import of the program, tests left out.
func eachImport(t *testing.T, f func(home, path, at string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != "." {
			if _, e := os.Stat(filepath.Join(path, "go.mod")); e == nil {
				return filepath.SkipDir // a module of its own, which the program never sees
			}
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		home := filepath.ToSlash(filepath.Dir(path))
		if _, known := mayImport[home]; !known {
			t.Errorf("%s: the house has no room %s", path, home)
		}
		for _, i := range file.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			f(home, name, files.Position(i.Pos()).String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// TestNamedFilesExist looks for every file that CONTRIBUTING.md names.
func TestNamedFilesExist(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/_]+\\.(?:go|md))`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 20 {
		t.Errorf("only %d files are named", len(named))
	}
	for _, m := range named {
		if _, err := os.Stat(m[1]); err != nil {
			t.Error(err)
		}
	}
}
