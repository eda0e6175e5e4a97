package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usher-cli/usher/ledger"
)

// azure speaks to Azure Repos, where a comment stands in a thread. A thread that is open
// can block a merge, so that one is open only while somebody has to act.
// Source: learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads.
type azure struct{ *wire }

const azureVersion = "api-version=7.1"

// me implements remote.
func (a *azure) me(ctx context.Context) (string, error) {
	var data struct {
		AuthenticatedUser struct {
			ID string `json:"id"`
		} `json:"authenticatedUser"`
	}
	err := a.ask(ctx, http.MethodGet, "/_apis/connectionData?"+azureVersion+"-preview", nil, &data)
	return data.AuthenticatedUser.ID, err
}

func (a *azure) repository() string {
	return "/" + url.PathEscape(a.job.Project) + "/_apis/git/repositories/" + url.PathEscape(a.job.Repository)
}

// pull implements remote.
func (a *azure) pull(ctx context.Context, commit string) (int, error) {
	type query struct {
		Type  string   `json:"type"`
		Items []string `json:"items"`
	}
	var found struct {
		Results []map[string][]struct {
			ID int `json:"pullRequestId"`
		} `json:"results"`
	}
	err := a.ask(ctx, http.MethodPost, a.repository()+"/pullrequestquery?"+azureVersion,
		map[string][]query{"queries": {{"lastMergeCommit", []string{commit}}}}, &found)
	for _, r := range found.Results {
		for _, p := range r[commit] {
			return p.ID, err
		}
	}
	return 0, err
}

// azureComment is a comment of a thread.
type azureComment struct {
	ID      int    `json:"id,omitempty"`
	Parent  int    `json:"parentCommentId"`
	Content string `json:"content"`
	Type    any    `json:"commentType,omitempty"` // 1, and "text" in answers
	Deleted bool   `json:"isDeleted,omitempty"`
	Author  *struct {
		ID string `json:"id"`
	} `json:"author,omitempty"`
}

// azureThread is a thread.
type azureThread struct {
	ID       int            `json:"id,omitempty"`
	Comments []azureComment `json:"comments,omitempty"`
	Status   string         `json:"status,omitempty"`
	Deleted  bool           `json:"isDeleted,omitempty"`
}

func (a *azure) threads(number int) string {
	return fmt.Sprintf("%s/pullRequests/%d/threads", a.repository(), number)
}

// comments implements remote. They are on one page.
func (a *azure) comments(ctx context.Context, number int) ([]note, error) {
	var all struct{ Value []azureThread }
	err := a.ask(ctx, http.MethodGet, a.threads(number)+"?"+azureVersion, nil, &all)
	var notes []note
	for _, t := range all.Value {
		for _, c := range t.Comments {
			if !t.Deleted && !c.Deleted && c.Parent == 0 && c.Author != nil {
				notes = append(notes, note{id: strconv.Itoa(c.ID), thread: strconv.Itoa(t.ID), author: c.Author.ID, body: c.Content})
			}
		}
	}
	return notes, err
}

// status is that of the thread of a page.
func status(p Page) string {
	if p.Finding == ledger.Forbidden {
		return "active"
	}
	return "closed"
}

// addComment implements remote.
func (a *azure) addComment(ctx context.Context, number int, p Page) error {
	return a.ask(ctx, http.MethodPost, a.threads(number)+"?"+azureVersion,
		azureThread{Comments: []azureComment{{Content: p.text(), Type: 1}}, Status: status(p)}, nil)
}

func (a *azure) comment(number int, was note) string {
	return a.threads(number) + "/" + was.thread + "/comments/" + was.id + "?" + azureVersion
}

// changeComment implements remote.
func (a *azure) changeComment(ctx context.Context, number int, was note, p Page) error {
	if err := a.ask(ctx, http.MethodPatch, a.comment(number, was), map[string]string{"content": p.text()}, nil); err != nil {
		return err
	}
	return a.ask(ctx, http.MethodPatch, a.threads(number)+"/"+was.thread+"?"+azureVersion, azureThread{Status: status(p)}, nil)
}

// dropComment implements remote.
func (a *azure) dropComment(ctx context.Context, number int, was note) error {
	return a.ask(ctx, http.MethodDelete, a.comment(number, was), nil, nil)
}
