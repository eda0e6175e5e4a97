package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// gitlab speaks to GitLab. Source: docs.gitlab.com/api/notes.
type gitlab struct{ *wire }

func (g *gitlab) project() string { return "/projects/" + url.PathEscape(g.job.Repository) }

// me implements remote.
func (g *gitlab) me(ctx context.Context) (string, error) {
	var user struct{ Username string }
	err := g.askInto(ctx, "/user", &user)
	return user.Username, err
}

func (g *gitlab) askInto(ctx context.Context, path string, into any) error {
	return g.ask(ctx, http.MethodGet, path, nil, into)
}

// pull implements remote.
func (g *gitlab) pull(ctx context.Context, commit string) (int, error) {
	var all []struct {
		IID    int    `json:"iid"`
		State  string `json:"state"`
		Merge  string `json:"merge_commit_sha"`
		Squash string `json:"squash_commit_sha"`
		Head   string `json:"sha"` // the commit itself, where nothing but a fast-forward was needed
	}
	err := g.askInto(ctx, g.project()+"/repository/commits/"+url.PathEscape(commit)+"/merge_requests", &all)
	for _, m := range all {
		if m.State == "merged" && (m.Merge == commit || m.Squash == commit || m.Head == commit) {
			return m.IID, err
		}
	}
	return 0, err
}

type labNote struct {
	ID     int64  `json:"id"`
	Body   string `json:"body"`
	System bool   `json:"system"`
	Author struct {
		Username string `json:"username"`
	} `json:"author"`
}

func (g *gitlab) notes(number int) string {
	return fmt.Sprintf("%s/merge_requests/%d/notes", g.project(), number)
}

// comments implements remote.
func (g *gitlab) comments(ctx context.Context, number int) ([]note, error) {
	all, err := pages(wholePage, func(page int) ([]labNote, error) {
		var some []labNote
		err := g.askInto(ctx, fmt.Sprintf("%s?sort=asc&per_page=%d&page=%d", g.notes(number), wholePage, page), &some)
		return some, err
	})
	var notes []note
	for _, n := range all {
		if !n.System {
			notes = append(notes, note{id: strconv.FormatInt(n.ID, 10), author: n.Author.Username, body: n.Body})
		}
	}
	return notes, err
}

// addComment implements remote.
func (g *gitlab) addComment(ctx context.Context, number int, p Page) error {
	return g.ask(ctx, http.MethodPost, g.notes(number), body{p.text()}, nil)
}

// changeComment implements remote.
func (g *gitlab) changeComment(ctx context.Context, number int, was note, p Page) error {
	return g.ask(ctx, http.MethodPut, g.notes(number)+"/"+was.id, body{p.text()}, nil)
}

// dropComment implements remote.
func (g *gitlab) dropComment(ctx context.Context, number int, was note) error {
	return g.ask(ctx, http.MethodDelete, g.notes(number)+"/"+was.id, nil, nil)
}

// labIssue is an issue, as it is read and written.
type labIssue struct {
	IID         int    `json:"iid,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	State       string `json:"state,omitempty"`
	Event       string `json:"state_event,omitempty"`
	Author      *struct {
		Username string `json:"username"`
	} `json:"author,omitempty"`
}

// issues implements remote. Source: docs.gitlab.com/api/issues.
func (g *gitlab) issues(ctx context.Context, author string) ([]note, error) {
	all, err := pages(wholePage, func(page int) ([]labIssue, error) {
		var some []labIssue
		err := g.askInto(ctx, fmt.Sprintf("%s/issues?scope=all&author_username=%s&per_page=%d&page=%d", g.project(),
			url.QueryEscape(author), wholePage, page), &some)
		return some, err
	})
	var notes []note
	for _, i := range all {
		if i.Author != nil {
			notes = append(notes, note{id: strconv.Itoa(i.IID), author: i.Author.Username, body: i.Description, open: i.State == "opened"})
		}
	}
	return notes, err
}

// openIssue implements remote.
func (g *gitlab) openIssue(ctx context.Context, title string, p Page) error {
	return g.ask(ctx, http.MethodPost, g.project()+"/issues", labIssue{Title: title, Description: p.text()}, nil)
}

// changeIssue implements remote. An issue that is open takes no reopen.
func (g *gitlab) changeIssue(ctx context.Context, was note, p Page) error {
	change := labIssue{Description: p.text()}
	if !was.open {
		change.Event = "reopen"
	}
	return g.ask(ctx, http.MethodPut, g.project()+"/issues/"+was.id, change, nil)
}

// closeIssue implements remote.
func (g *gitlab) closeIssue(ctx context.Context, was note) error {
	return g.ask(ctx, http.MethodPut, g.project()+"/issues/"+was.id, labIssue{Event: "close"}, nil)
}

// noteIssue implements remote.
func (g *gitlab) noteIssue(ctx context.Context, was note, text string) error {
	return g.ask(ctx, http.MethodPost, g.project()+"/issues/"+was.id+"/notes", body{text}, nil)
}
