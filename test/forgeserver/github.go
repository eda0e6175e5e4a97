package forgeserver

import (
	"net/http"
	"strconv"
)

// hubRoutes are those of docs.github.com/rest.
func hubRoutes() []route {
	repo := `/repos/contoso/licences`
	return append([]route{
		{"GET", repo + `/commits/(\w+)/pulls`, func(c *call, m []string) {
			all := []map[string]any{{"number": 999, "state": "open", "merge_commit_sha": "another"}}
			if n := c.Merge[m[0]]; n > 0 {
				all = append(all, map[string]any{"number": n, "state": "closed", "merge_commit_sha": m[0]})
			}
			c.answer(http.StatusOK, all)
		}},
		{"GET", repo + `/issues/(\d+)/comments`, func(c *call, m []string) {
			c.answer(http.StatusOK, some(c, "per_page", "page", c.hubComments(m[0])))
		}},
		{"GET", repo + `/issues`, func(c *call, _ []string) {
			c.answer(http.StatusOK, some(c, "per_page", "page", c.hubIssues("creator")))
		}},
	}, hubShared(repo)...)
}

// teaRoutes are those of docs.gitea.com/api.
func teaRoutes() []route {
	repo := `/api/v1/repos/contoso/licences`
	return append([]route{
		{"GET", repo + `/commits/(\w+)/pull`, func(c *call, m []string) {
			if n := c.Merge[m[0]]; n > 0 {
				c.answer(http.StatusOK, map[string]any{"number": n, "merge_commit_sha": m[0]})
				return
			}
			c.refuseKnown(http.StatusNotFound, "GetPullRequestByMergedCommit")
		}},
		{"GET", repo + `/issues/(\d+)/comments`, func(c *call, m []string) { // all on one page
			c.answer(http.StatusOK, append([]hubNote{}, c.hubComments(m[0])...))
		}},
		{"GET", repo + `/issues`, func(c *call, _ []string) {
			if c.r.URL.Query().Get("type") != "issues" {
				c.refuse(http.StatusBadRequest, "the list has pull requests, too")
				return
			}
			c.answer(http.StatusOK, some(c, "limit", "page", c.hubIssues("created_by")))
		}},
		{"GET", "/api/v1/user", hubUser},
	}, hubShared(repo)...)
}

func hubUser(c *call, _ []string) {
	if c.Me == "" {
		c.refuseKnown(http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	c.answer(http.StatusOK, map[string]any{"login": c.Me, "id": 1})
}

// hubNote is a comment or an issue in an answer.
type hubNote struct {
	ID          int               `json:"id"`
	Number      int               `json:"number,omitempty"`
	Title       string            `json:"title,omitempty"`
	Body        string            `json:"body"`
	State       string            `json:"state,omitempty"`
	User        map[string]string `json:"user"`
	Created     string            `json:"created_at"`
	PullRequest any               `json:"pull_request,omitempty"`
}

func hubNoteOf(n Note) hubNote {
	h := hubNote{ID: n.ID, Body: n.Body, User: map[string]string{"login": n.Author}, Created: written()}
	if n.Issue {
		h.Number, h.Title, h.State = n.ID, n.Title, map[bool]string{true: "open", false: "closed"}[n.Open]
	}
	return h
}

func (c *call) hubComments(number string) (all []hubNote) {
	for _, n := range c.notes {
		if strconv.Itoa(n.Number) == number {
			all = append(all, hubNoteOf(n))
		}
	}
	return all
}

func (c *call) hubIssues(creator string) []hubNote {
	all := []hubNote{{ID: 998, Number: 998, Body: "a pull request", State: "open", PullRequest: map[string]string{"url": "x"},
		User: map[string]string{"login": c.r.URL.Query().Get(creator)}}}
	for _, n := range c.notes {
		if n.Issue && n.Author == c.r.URL.Query().Get(creator) {
			all = append(all, hubNoteOf(n))
		}
	}
	if c.r.URL.Query().Get("state") != "all" {
		c.refuse(http.StatusBadRequest, "closed issues are not listed")
	}
	return all
}

// mostHub is how many characters a comment of GitHub has at most.
const mostHub = 65_536

// hubShared are the routes that both have.
func hubShared(repo string) []route {
	return append(append(hubIssueRoutes(repo), hubPullRoutes(repo)...), []route{
		{"GET", "/user", hubUser},
		{"POST", repo + `/issues/(\d+)/comments`, func(c *call, m []string) {
			number, _ := strconv.Atoi(m[0])
			n := Note{ID: c.id(), Number: number, Author: c.hubAuthor()}
			if hubWrite(c, func(body string) { n.Body = body }) {
				c.notes = append(c.notes, n)
				c.answer(http.StatusCreated, hubNoteOf(n))
			}
		}},
		{"PATCH", repo + `/issues/comments/(\d+)`, func(c *call, m []string) {
			n := c.find(func(n *Note) bool { return strconv.Itoa(n.ID) == m[0] && !n.Issue })
			if n == nil {
				c.refuseKnown(http.StatusNotFound, "Not Found")
			} else if hubWrite(c, func(body string) { n.Body = body }) {
				c.answer(http.StatusOK, hubNoteOf(*n))
			}
		}},
		{"DELETE", repo + `/issues/comments/(\d+)`, func(c *call, m []string) {
			c.drop(c.find(func(n *Note) bool { return strconv.Itoa(n.ID) == m[0] && !n.Issue }))
			c.answer(http.StatusNoContent, nil)
		}},
	}...)
}

// hubAuthor is the account of the token. That of a job is known by its name alone.
func (c *call) hubAuthor() string {
	if c.Me == "" {
		return "github-actions[bot]"
	}
	return c.Me
}

// hubWrite reads the text of a comment.
func hubWrite(c *call, into func(body string)) bool {
	var b struct {
		Body string `json:"body"`
	}
	if !c.read(&b) || !c.fits(b.Body, mostHub) {
		return false
	}
	into(b.Body)
	return true
}

// hubIssueRoutes are those of issues.
func hubIssueRoutes(repo string) []route {
	return []route{
		{"POST", repo + `/issues`, func(c *call, _ []string) {
			var i struct{ Title, Body string }
			if c.read(&i) && c.fits(i.Body, mostHub) && c.fits(i.Title, 256) {
				n := Note{ID: c.id(), Author: c.hubAuthor(), Title: i.Title, Body: i.Body, Issue: true, Open: true}
				c.notes = append(c.notes, n)
				c.answer(http.StatusCreated, hubNoteOf(n))
			}
		}},
		{"PATCH", repo + `/issues/(\d+)`, func(c *call, m []string) {
			var i struct{ Body, State string }
			n := c.find(func(n *Note) bool { return strconv.Itoa(n.ID) == m[0] && n.Issue })
			if n == nil || !c.read(&i) {
				return
			}
			if i.Body != "" && !c.fits(i.Body, mostHub) {
				return
			}
			if i.Body != "" {
				n.Body = i.Body
			}
			if i.State != "" {
				n.Open = i.State == "open"
			}
			c.answer(http.StatusOK, hubNoteOf(*n))
		}},
	}
}
