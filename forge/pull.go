package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Pull is a pull request for a branch that is at the forge already.
type Pull struct {
	Title  string
	Body   string // Markdown
	Branch string
	Into   string // the branch to merge it into; "" for the one that the job is about
}

// Opened is a pull request that is open.
type Opened struct {
	Number int
	URL    string // where people see it
}

// Open opens a pull request, or finds the one that is open for the branch: that one stays as it
// is, because people may have written over its text.
func (c *Client) Open(ctx context.Context, p Pull) (done Done, opened Opened, err error) {
	if p.Into == "" {
		p.Into = c.job.Branch
	}
	if p.Into == "" {
		return "", opened, errors.New("the job does not say which branch it is about: name the one to merge into with -into=BRANCH")
	}
	err = c.again(ctx, func() error {
		var found bool
		if opened, found, err = c.remote.openPull(ctx, p); err != nil || found {
			done = Unchanged
			return err
		}
		done = Created
		opened, err = c.remote.addPull(ctx, p)
		return err
	})
	return done, opened, err
}

// hubPull is a pull request of GitHub and Gitea.
type hubPull struct {
	Number int       `json:"number"`
	URL    string    `json:"html_url"`
	State  string    `json:"state"`
	Head   hubBranch `json:"head"`
	Base   hubBranch `json:"base"`
}

// hubBranch is a branch of a repository.
type hubBranch struct {
	Ref  string `json:"ref"`
	Repo *struct {
		Name string `json:"full_name"`
	} `json:"repo"` // null where somebody deleted a fork
}

// openPull implements remote. Sources: docs.github.com/rest/pulls/pulls, docs.gitea.com/api.
func (h *github) openPull(ctx context.Context, p Pull) (Opened, bool, error) {
	owner, _, _ := strings.Cut(h.job.Repository, "/")
	query := "state=open&head=" + url.QueryEscape(owner+":"+p.Branch) + "&base=" + url.QueryEscape(p.Into)
	whole := wholePage
	if h.job.Kind == Gitea { // which has no such filter
		query, whole = "state=open", 1
	}
	all, err := pages(whole, func(page int) ([]hubPull, error) {
		var some []hubPull
		err := h.ask(ctx, http.MethodGet, fmt.Sprintf("%s/pulls?%s&page=%d", h.repo(), query, page), nil, &some)
		return some, err
	})
	for _, pull := range all {
		own := pull.Head.Repo != nil && strings.EqualFold(pull.Head.Repo.Name, h.job.Repository) // and not of a fork
		if own && pull.Head.Ref == p.Branch && pull.Base.Ref == p.Into && pull.State == "open" {
			return Opened{pull.Number, pull.URL}, true, err
		}
	}
	return Opened{}, false, err
}

// addPull implements remote.
func (h *github) addPull(ctx context.Context, p Pull) (Opened, error) {
	var made hubPull
	err := h.ask(ctx, http.MethodPost, h.repo()+"/pulls",
		map[string]string{"title": p.Title, "body": p.Body, "head": p.Branch, "base": p.Into}, &made)
	return Opened{made.Number, made.URL}, err
}

// labPull is a merge request.
type labPull struct {
	IID  int    `json:"iid"`
	URL  string `json:"web_url"`
	From int    `json:"source_project_id"`
	To   int    `json:"target_project_id"`
}

// openPull implements remote. Source: docs.gitlab.com/api/merge_requests.
func (g *gitlab) openPull(ctx context.Context, p Pull) (Opened, bool, error) {
	var all []labPull
	err := g.askInto(ctx, fmt.Sprintf("%s/merge_requests?state=opened&source_branch=%s&target_branch=%s", g.project(),
		url.QueryEscape(p.Branch), url.QueryEscape(p.Into)), &all)
	for _, m := range all {
		if m.From == m.To { // and not of a fork
			return Opened{m.IID, m.URL}, true, err
		}
	}
	return Opened{}, false, err
}

// addPull implements remote.
func (g *gitlab) addPull(ctx context.Context, p Pull) (Opened, error) {
	var made labPull
	err := g.ask(ctx, http.MethodPost, g.project()+"/merge_requests", map[string]any{"title": p.Title, "description": p.Body,
		"source_branch": p.Branch, "target_branch": p.Into, "remove_source_branch": true}, &made)
	return Opened{made.IID, made.URL}, err
}

// azurePull is a pull request of Azure Repos.
type azurePull struct {
	ID         int       `json:"pullRequestId"`
	Fork       *struct{} `json:"forkSource"` // null where the branch is of the repository itself
	Repository struct {
		URL string `json:"webUrl"`
	} `json:"repository"`
}

func (p azurePull) opened() Opened {
	return Opened{p.ID, fmt.Sprintf("%s/pullrequest/%d", p.Repository.URL, p.ID)}
}

// openPull implements remote. Source: learn.microsoft.com/rest/api/azure/devops/git/pull-requests.
func (a *azure) openPull(ctx context.Context, p Pull) (Opened, bool, error) {
	var all struct{ Value []azurePull }
	err := a.ask(ctx, http.MethodGet, fmt.Sprintf("%s/pullrequests?searchCriteria.status=active&searchCriteria.sourceRefName=%s"+
		"&searchCriteria.targetRefName=%s&%s", a.repository(), url.QueryEscape("refs/heads/"+p.Branch), url.QueryEscape("refs/heads/"+p.Into),
		azureVersion), nil, &all)
	for _, pull := range all.Value {
		if pull.Fork == nil {
			return pull.opened(), true, err
		}
	}
	return Opened{}, false, err
}

// addPull implements remote.
func (a *azure) addPull(ctx context.Context, p Pull) (Opened, error) {
	var made azurePull
	err := a.ask(ctx, http.MethodPost, a.repository()+"/pullrequests?"+azureVersion, map[string]string{"title": p.Title, "description": p.Body,
		"sourceRefName": "refs/heads/" + p.Branch, "targetRefName": "refs/heads/" + p.Into}, &made)
	return made.opened(), err
}

// MostDescription is how many bytes the text of a pull request may have. Source for Azure Repos,
// which takes 4,000 characters: its API reference.
func (k Kind) MostDescription() int {
	if k == Azure {
		return 4000
	}
	return k.Limit()
}
