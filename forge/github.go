package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// github speaks to GitHub, and to Gitea, which has the same routes for the most part.
// Sources: docs.github.com/rest/issues/comments, docs.gitea.com/api.
type github struct{ *wire }

// hubComment is a comment, or an issue.
type hubComment struct {
	ID     int64  `json:"id"`
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	State  string `json:"state"`
	User   struct {
		Login string `json:"login"`
	} `json:"user"`
	PullRequest *struct{} `json:"pull_request"`
}

func (h *github) repo() string {
	owner, name, _ := strings.Cut(h.job.Repository, "/")
	return "/repos/" + url.PathEscape(owner) + "/" + url.PathEscape(name)
}

// me implements remote. The token of a job is of an account without a page of its own.
func (h *github) me(ctx context.Context) (string, error) {
	var user struct{ Login string }
	err := h.ask(ctx, http.MethodGet, "/user", nil, &user)
	switch {
	case err == nil:
		return user.Login, nil
	case !isStatus(err, http.StatusForbidden):
		return "", err
	case h.job.Kind == Gitea:
		return "gitea-actions", nil
	}
	return "github-actions[bot]", nil
}

// pull implements remote.
func (h *github) pull(ctx context.Context, commit string) (int, error) {
	type pull struct {
		Number int    `json:"number"`
		Merge  string `json:"merge_commit_sha"`
	}
	if h.job.Kind == Gitea {
		var found pull
		err := h.ask(ctx, http.MethodGet, h.repo()+"/commits/"+url.PathEscape(commit)+"/pull", nil, &found)
		if isStatus(err, http.StatusNotFound) {
			return 0, nil
		}
		return found.Number, err
	}
	var all []pull
	err := h.ask(ctx, http.MethodGet, h.repo()+"/commits/"+url.PathEscape(commit)+"/pulls", nil, &all)
	for _, p := range all {
		if p.Merge == commit {
			return p.Number, err
		}
	}
	return 0, err
}

// comments implements remote. Gitea lists all of them on one page.
func (h *github) comments(ctx context.Context, number int) ([]note, error) {
	path := fmt.Sprintf("%s/issues/%d/comments", h.repo(), number)
	list := func(page int) ([]hubComment, error) {
		var some []hubComment
		at := path
		if h.job.Kind == GitHub {
			at += fmt.Sprintf("?per_page=%d&page=%d", wholePage, page)
		}
		err := h.ask(ctx, http.MethodGet, at, nil, &some)
		return some, err
	}
	var all []hubComment
	var err error
	if h.job.Kind == GitHub {
		all, err = pages(wholePage, list)
	} else {
		all, err = list(1)
	}
	notes := make([]note, len(all))
	for i, c := range all {
		notes[i] = note{id: strconv.FormatInt(c.ID, 10), author: c.User.Login, body: c.Body}
	}
	return notes, err
}

const wholePage = 100

// body is what a comment is written with.
type body struct {
	Body string `json:"body"`
}

// addComment implements remote.
func (h *github) addComment(ctx context.Context, number int, p Page) error {
	return h.ask(ctx, http.MethodPost, fmt.Sprintf("%s/issues/%d/comments", h.repo(), number), body{p.text()}, nil)
}

// changeComment implements remote.
func (h *github) changeComment(ctx context.Context, _ int, was note, p Page) error {
	return h.ask(ctx, http.MethodPatch, h.repo()+"/issues/comments/"+was.id, body{p.text()}, nil)
}

// dropComment implements remote.
func (h *github) dropComment(ctx context.Context, _ int, was note) error {
	return h.ask(ctx, http.MethodDelete, h.repo()+"/issues/comments/"+was.id, nil, nil)
}

// issues implements remote. Pull requests are issues, too, and are left out.
func (h *github) issues(ctx context.Context, author string) ([]note, error) {
	query, whole := "creator="+url.QueryEscape(author)+"&per_page=100", wholePage
	if h.job.Kind == Gitea {
		query, whole = "created_by="+url.QueryEscape(author)+"&type=issues&limit=50", 1 // a server can set less than 50
	}
	all, err := pages(whole, func(page int) ([]hubComment, error) {
		var some []hubComment
		err := h.ask(ctx, http.MethodGet, fmt.Sprintf("%s/issues?state=all&%s&page=%d", h.repo(), query, page), nil, &some)
		return some, err
	})
	var notes []note
	for _, i := range all {
		if i.PullRequest == nil {
			notes = append(notes, note{id: strconv.Itoa(i.Number), author: i.User.Login, body: i.Body, open: i.State == "open"})
		}
	}
	return notes, err
}

// hubIssue is what an issue is written with.
type hubIssue struct {
	Title string `json:"title,omitempty"`
	Body  string `json:"body,omitempty"`
	State string `json:"state,omitempty"`
}

// openIssue implements remote.
func (h *github) openIssue(ctx context.Context, title string, p Page) error {
	return h.ask(ctx, http.MethodPost, h.repo()+"/issues", hubIssue{Title: title, Body: p.text()}, nil)
}

// changeIssue implements remote.
func (h *github) changeIssue(ctx context.Context, was note, p Page) error {
	return h.ask(ctx, http.MethodPatch, h.repo()+"/issues/"+was.id, hubIssue{Body: p.text(), State: "open"}, nil)
}

// closeIssue implements remote.
func (h *github) closeIssue(ctx context.Context, was note) error {
	return h.ask(ctx, http.MethodPatch, h.repo()+"/issues/"+was.id, hubIssue{State: "closed"}, nil)
}

// noteIssue implements remote.
func (h *github) noteIssue(ctx context.Context, was note, text string) error {
	return h.ask(ctx, http.MethodPost, h.repo()+"/issues/"+was.id+"/comments", body{text}, nil)
}
