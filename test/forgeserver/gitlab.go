package forgeserver

import (
	"net/http"
	"strconv"
)

// labNote is a note in an answer.
type labNote struct {
	ID     int               `json:"id"`
	Body   string            `json:"body"`
	System bool              `json:"system"`
	Author map[string]string `json:"author"`
}

type labIssue struct {
	IID         int               `json:"iid"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	State       string            `json:"state"`
	Author      map[string]string `json:"author"`
}

func labIssueOf(n Note) labIssue {
	return labIssue{n.ID, n.Title, n.Body, map[bool]string{true: "opened", false: "closed"}[n.Open], map[string]string{"username": n.Author}}
}

// mostLab is how many characters a note or a description of GitLab has at most.
const mostLab = 1_000_000

// labRoutes are those of docs.gitlab.com/api.
func labRoutes() []route {
	return append(append(labIssueRoutes(), labPullRoutes()...), []route{
		{"GET", "/api/v4/user", func(c *call, _ []string) { c.answer(http.StatusOK, map[string]any{"id": 7, "username": c.Me}) }},
		{"GET", labProject + `/repository/commits/(\w+)/merge_requests`, func(c *call, m []string) {
			all := []map[string]any{}
			if n := c.Merge[m[0]]; n > 0 {
				all = append(all,
					map[string]any{"iid": n + 1, "state": "opened", "sha": m[0]}, // a branch made of it
					map[string]any{"iid": n, "state": "merged", "sha": "b2a9c4", "squash_commit_sha": m[0], "merge_commit_sha": nil})
			}
			c.answer(http.StatusOK, all)
		}},
		{"GET", labProject + `/merge_requests/(\d+)/notes`, func(c *call, m []string) {
			all := []labNote{{900, "approved this merge request", true, map[string]string{"username": c.Me}}}
			for _, n := range c.notes {
				if strconv.Itoa(n.Number) == m[0] {
					all = append(all, labNote{n.ID, n.Body, false, map[string]string{"username": n.Author}})
				}
			}
			c.answer(http.StatusOK, some(c, "per_page", "page", all))
		}},
		{"POST", labProject + `/merge_requests/(\d+)/notes`, labNoteOn},
		{"PUT", labProject + `/merge_requests/\d+/notes/(\d+)`, func(c *call, m []string) {
			if n := labByID(c, m[0], false); n != nil && labWrite(c, func(body string) { n.Body = body }) {
				c.answer(http.StatusOK, labNote{n.ID, n.Body, false, map[string]string{"username": n.Author}})
			}
		}},
		{"DELETE", labProject + `/merge_requests/\d+/notes/(\d+)`, func(c *call, m []string) {
			c.drop(labByID(c, m[0], false))
			c.answer(http.StatusNoContent, nil)
		}},
	}...)
}

const labProject = `/api/v4/projects/42`

// labWrite reads the text of a note.
func labWrite(c *call, into func(body string)) bool {
	var b struct{ Body string }
	if !c.read(&b) || !c.fits(b.Body, mostLab) {
		return false
	}
	into(b.Body)
	return true
}

// labNoteOn writes a note on a merge request, or on an issue.
func labNoteOn(c *call, m []string) {
	number, _ := strconv.Atoi(m[0])
	n := Note{ID: c.id(), Number: number, Author: c.Me}
	if labWrite(c, func(body string) { n.Body = body }) {
		c.notes = append(c.notes, n)
		c.answer(http.StatusCreated, labNote{n.ID, n.Body, false, map[string]string{"username": n.Author}})
	}
}

// labByID finds a note or an issue.
func labByID(c *call, id string, issue bool) *Note {
	n := c.find(func(n *Note) bool { return strconv.Itoa(n.ID) == id && n.Issue == issue })
	if n == nil {
		c.refuseKnown(http.StatusNotFound, "404 Not found")
	}
	return n
}

// labIssueRoutes are those of issues.
func labIssueRoutes() []route {
	return []route{
		{"GET", labProject + `/issues`, func(c *call, _ []string) {
			all := []labIssue{}
			for _, n := range c.notes {
				if n.Issue && n.Author == c.r.URL.Query().Get("author_username") {
					all = append(all, labIssueOf(n))
				}
			}
			c.answer(http.StatusOK, some(c, "per_page", "page", all))
		}},
		{"POST", labProject + `/issues`, func(c *call, _ []string) {
			var i struct{ Title, Description string }
			if c.read(&i) && c.fits(i.Description, mostLab) && c.fits(i.Title, 255) {
				n := Note{ID: c.id(), Author: c.Me, Title: i.Title, Body: i.Description, Issue: true, Open: true}
				c.notes = append(c.notes, n)
				c.answer(http.StatusCreated, labIssueOf(n))
			}
		}},
		{"PUT", labProject + `/issues/(\d+)`, func(c *call, m []string) {
			var i struct {
				Description string `json:"description"`
				Event       string `json:"state_event"`
			}
			n := labByID(c, m[0], true)
			if n == nil || !c.read(&i) {
				return
			}
			if i.Description != "" {
				n.Body = i.Description
			}
			if i.Event != "" {
				n.Open = i.Event == "reopen"
			}
			c.answer(http.StatusOK, labIssueOf(*n))
		}},
		{"POST", labProject + `/issues/(\d+)/notes`, labNoteOn},
	}
}
