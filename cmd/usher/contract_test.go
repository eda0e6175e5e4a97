package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// said is one request of usher's and its answer, as the sandbox saw them.
type said struct {
	Method, Path, Query, Agent, Request, Type, Answer string
	Status                                            int
	Faulty                                            bool
}

// contract is the description of an API, and which requests are to it.
type contract struct {
	name   string
	prefix *regexp.Regexp // of the paths that it is about
	strip  *regexp.Regexp // what the description leaves out of a path
	router routers.Router
	doc    *openapi3.T
	own    bool // kept by hand, with every name that may be said
	seen   map[string]int
}

// keepsTheContract checks everything that usher said in the stories, and all
// that it was answered, against the descriptions of the APIs.
func keepsTheContract(t *testing.T, dir string) {
	contracts := []*contract{
		{name: "purchase", prefix: regexp.MustCompile(`^/v1.0/policies/`), own: true},
		{name: "graph", prefix: regexp.MustCompile(`^/v1.0/`), own: true},
		{name: "powerplatform", prefix: regexp.MustCompile(`^/(licensing|environmentmanagement|powerautomate|authorization)/`), own: true},
		{name: "dataverse", prefix: regexp.MustCompile(`^/dataverse/`), strip: regexp.MustCompile(`^/dataverse/[^/]+`), own: true},
		{name: "reports", prefix: regexp.MustCompile(`^/data/download/`), own: true},
		{name: "administration", prefix: regexp.MustCompile(`^/providers/`), own: true},
	}
	for _, c := range contracts {
		c.load(t, "../../docs/schema/wire/"+c.name+".yaml")
	}
	if path := os.Getenv("USHER_GRAPH_OPENAPI"); path != "" {
		c := &contract{
			name:   "Microsoft's own",
			prefix: regexp.MustCompile(`^/v1.0/(subscribedSkus|directory/subscriptions|users|groups|organization|\$batch)`),
			strip:  regexp.MustCompile(`^/v1.0`),
		}
		c.load(t, path)
		contracts = append([]*contract{c}, contracts...) // beside the one that is kept by hand
	}
	signingIn := regexp.MustCompile(`^/(common/discovery/instance$|[^/]+/(oauth2/)?v2\.0/)`) // the identity library's own
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var x said
			if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
				t.Fatal(err)
			}
			described := !strings.HasPrefix(x.Agent, "usher") || signingIn.MatchString(x.Path)
			for _, c := range contracts {
				if described || !c.prefix.MatchString(x.Path) {
					continue
				}
				described = c.own
				if err := c.check(x); err != nil {
					t.Errorf("%s: %s: %s %s: %v\n%.400s\n%.400s", filepath.Base(file), c.name, x.Method, x.Path, err, x.Request, x.Answer)
				}
			}
			if !described {
				t.Errorf("%s: %s %s is in no description", filepath.Base(file), x.Method, x.Path)
			}
		}
		_ = f.Close()
	}
	for _, c := range contracts {
		if len(files) > 20 && len(c.seen) < min(2, c.doc.Paths.Len()) { // all stories were told
			t.Errorf("%s: only %v was said", c.name, c.seen)
		}
	}
}

func (c *contract) load(t *testing.T, path string) {
	t.Helper()
	var err error
	if c.doc, err = openapi3.NewLoader().LoadFromFile(path); err != nil {
		t.Fatal(err)
	}
	c.doc.Servers = nil
	if c.router, err = gorillamux.NewRouter(c.doc); err != nil {
		t.Fatal(err)
	}
	c.seen = map[string]int{}
}

// check holds one exchange against the description.
func (c *contract) check(x said) error {
	path := x.Path
	if c.strip != nil {
		path = c.strip.ReplaceAllString(path, "")
	}
	path = regexp.MustCompile(`\(([0-9a-fA-F-]+)\)`).ReplaceAllString(path, "/$1") // keys of Dataverse
	path = regexp.MustCompile(`\((PrivilegeName|period)='\w+'\)$`).ReplaceAllString(path, "")
	u := &url.URL{Path: path, RawQuery: x.Query}
	r, err := http.NewRequest(x.Method, u.String(), strings.NewReader(x.Request))
	if err != nil {
		return err
	}
	if x.Request != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return fmt.Errorf("there is no such route: %w", err)
	}
	c.seen[x.Method+" "+route.Path]++
	if c.own {
		for name := range r.URL.Query() {
			if !declares(route, name) {
				return fmt.Errorf("the query %s is not described", name)
			}
		}
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: c.own,
		MultiError:            true,
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	ctx := context.Background()
	if err := openapi3filter.ValidateRequest(ctx, in); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	if x.Faulty || x.Status >= 300 && !strings.HasPrefix(x.Type, "application/json") {
		return nil
	}
	header := http.Header{}
	if x.Type != "" {
		header.Set("Content-Type", x.Type)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.Status, Header: header, Options: options}
	out.Body = io.NopCloser(strings.NewReader(x.Answer))
	if err := openapi3filter.ValidateResponse(ctx, out); err != nil {
		return fmt.Errorf("the answer %d: %w", x.Status, err)
	}
	return nil
}

// declares reports whether a route describes a query.
func declares(route *routers.Route, name string) bool {
	for _, list := range []openapi3.Parameters{route.Operation.Parameters, route.PathItem.Parameters} {
		if list.GetByInAndName("query", name) != nil {
			return true
		}
	}
	return false
}
