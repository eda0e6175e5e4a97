package forgeserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Pull is a pull request, of any forge.
type Pull struct {
	Number       int
	Title, Body  string
	Branch, Into string
	Closed       bool
	Fork         bool // its branch is of another repository
}

// PutPull adds a pull request of somebody.
func (s *Server) PutPull(p Pull) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.Number = 100 + s.id()
	s.pulls = append(s.pulls, p)
}

// Pulls lists the pull requests that were opened here.
func (s *Server) Pulls() []Pull {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Pull(nil), s.pulls...)
}

// openPulls are the open ones of a branch into another one; of all where a name is "".
func (c *call) openPulls(branch, into string) (found []Pull) {
	for _, p := range c.pulls {
		if !p.Closed && (branch == "" || p.Branch == branch) && (into == "" || p.Into == into) {
			found = append(found, p)
		}
	}
	return found
}

// open opens one. A forge has one for each pair of branches.
func (c *call) open(p Pull, most int) (Pull, bool) {
	if p.Branch == "" || p.Into == "" || !c.fits(p.Title, 255) || !c.fits(p.Body, most) {
		c.refuse(http.StatusUnprocessableEntity, "a pull request has a title, a text and two branches")
		return p, false
	}
	if slices.ContainsFunc(c.openPulls(p.Branch, p.Into), func(o Pull) bool { return !o.Fork }) {
		c.refuseKnown(http.StatusConflict, "A pull request already exists")
		return p, false
	}
	p.Number = 100 + c.id()
	c.pulls = append(c.pulls, p)
	return p, true
}

func hubPullOf(p Pull) map[string]any {
	repo := map[string]string{"full_name": "contoso/licences"}
	from := repo
	if p.Fork {
		from = map[string]string{"full_name": "mallory/licences"}
	}
	return map[string]any{"number": p.Number, "state": "open", "html_url": fmt.Sprintf("https://forge.example/pull/%d", p.Number),
		"head": map[string]any{"ref": p.Branch, "repo": from}, "base": map[string]any{"ref": p.Into, "repo": repo}}
}

// hubPullRoutes are those of pull requests of GitHub and Gitea.
func hubPullRoutes(repo string) []route {
	return []route{
		{"GET", repo + `/pulls`, func(c *call, _ []string) {
			q := c.r.URL.Query()
			owner, branch, _ := strings.Cut(q.Get("head"), ":")
			all := []map[string]any{}
			for _, p := range c.openPulls(branch, q.Get("base")) {
				if owner != "" && p.Fork {
					continue
				}
				all = append(all, hubPullOf(p))
			}
			if q.Get("page") != "" && q.Get("page") != "1" {
				all = all[:0]
			}
			c.answer(http.StatusOK, all)
		}},
		{"POST", repo + `/pulls`, func(c *call, _ []string) {
			var b struct{ Title, Body, Head, Base string }
			if c.read(&b) {
				if p, ok := c.open(Pull{Title: b.Title, Body: b.Body, Branch: b.Head, Into: b.Base}, mostHub); ok {
					c.answer(http.StatusCreated, hubPullOf(p))
				}
			}
		}},
	}
}

// labPullRoutes are those of merge requests of GitLab.
func labPullRoutes() []route {
	view := func(p Pull) map[string]any {
		from := 42
		if p.Fork {
			from = 43
		}
		return map[string]any{"iid": p.Number, "state": "opened", "source_project_id": from, "target_project_id": 42,
			"web_url": fmt.Sprintf("https://forge.example/merge_requests/%d", p.Number)}
	}
	return []route{
		{"GET", labProject + `/merge_requests`, func(c *call, _ []string) {
			q := c.r.URL.Query()
			all := []map[string]any{}
			for _, p := range c.openPulls(q.Get("source_branch"), q.Get("target_branch")) {
				all = append(all, view(p))
			}
			c.answer(http.StatusOK, all)
		}},
		{"POST", labProject + `/merge_requests`, func(c *call, _ []string) {
			var b struct {
				Title, Description string
				Source             string `json:"source_branch"`
				Target             string `json:"target_branch"`
				Remove             bool   `json:"remove_source_branch"`
			}
			if c.read(&b) {
				if p, ok := c.open(Pull{Title: b.Title, Body: b.Description, Branch: b.Source, Into: b.Target}, mostLab); ok {
					c.answer(http.StatusCreated, view(p))
				}
			}
		}},
	}
}

// mostDescription is how many characters the text of a pull request of Azure Repos has at most.
const mostDescription = 4000

// azurePullRoutes are those of pull requests of Azure Repos.
func azurePullRoutes(repo string) []route {
	const heads = "refs/heads/"
	view := func(p Pull) map[string]any {
		var fork any
		if p.Fork {
			fork = map[string]string{"name": "refs/heads/" + p.Branch}
		}
		return map[string]any{"pullRequestId": p.Number, "forkSource": fork, "status": "active", "sourceRefName": heads + p.Branch,
			"repository": map[string]string{"id": "4c2b", "webUrl": "https://forge.example/_git/licences"}}
	}
	return []route{
		{"GET", repo + `/pullrequests`, func(c *call, _ []string) {
			q := c.r.URL.Query()
			branch, into := q.Get("searchCriteria.sourceRefName"), q.Get("searchCriteria.targetRefName")
			if len(branch) <= len(heads) || len(into) <= len(heads) {
				c.refuse(http.StatusBadRequest, "a ref begins with refs/heads/")
				return
			}
			all := []map[string]any{}
			for _, p := range c.openPulls(branch[len(heads):], into[len(heads):]) {
				all = append(all, view(p))
			}
			c.answer(http.StatusOK, map[string]any{"value": all, "count": len(all)})
		}},
		{"POST", repo + `/pullrequests`, func(c *call, _ []string) {
			var b struct {
				Title, Description string
				Source             string `json:"sourceRefName"`
				Target             string `json:"targetRefName"`
			}
			if !c.read(&b) || len(b.Source) <= len(heads) || len(b.Target) <= len(heads) {
				return
			}
			if p, ok := c.open(Pull{Title: b.Title, Body: b.Description, Branch: b.Source[len(heads):], Into: b.Target[len(heads):]},
				mostDescription); ok {
				c.answer(http.StatusCreated, view(p))
			}
		}},
	}
}
