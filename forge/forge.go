// Package forge posts pages to the places where pull requests are reviewed: GitHub,
// GitLab, Azure Repos and Gitea. It writes comments and issues of its own, opens pull
// requests, and does nothing else: it reads no code, merges nothing, and changes no text of
// anybody else.
package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Page is what is to be posted.
type Page struct {
	ledger.Marker
	Body string // Markdown, without the marker
	// Anew posts a comment at the end of the conversation where something is new, and folds
	// the one before.
	Anew bool
}

// text is the page as the forge keeps it.
func (p Page) text() string { return p.String() + "\n" + p.Body }

// Done is what became of a page.
type Done string

// The ends of posting.
const (
	Created   Done = "created"
	Updated   Done = "updated"
	Unchanged Done = "unchanged" // the same is there
	Outdated  Done = "outdated"  // a newer one is there
	Closed    Done = "closed"    // of an issue
)

// note is a comment, or an issue, that is there.
type note struct {
	id     string
	thread string // of Azure Repos
	author string
	body   string
	open   bool // of an issue
}

// remote is a forge, with the repository of the job, and its issues.
type remote interface {
	// me is the name of the account that the token is of.
	me(ctx context.Context) (string, error)
	// pull finds the pull request of a commit; 0 for none.
	pull(ctx context.Context, commit string) (int, error)
	comments(ctx context.Context, number int) ([]note, error)
	// addComment writes once: an answer that is lost may mean that it was written.
	addComment(ctx context.Context, number int, p Page) error
	changeComment(ctx context.Context, number int, was note, p Page) error
	dropComment(ctx context.Context, number int, was note) error

	issues(ctx context.Context, author string) ([]note, error)
	// openIssue writes once, as addComment does.
	openIssue(ctx context.Context, title string, p Page) error
	changeIssue(ctx context.Context, was note, p Page) error
	closeIssue(ctx context.Context, was note) error
	noteIssue(ctx context.Context, was note, text string) error

	// openPull finds the open pull request of a branch.
	openPull(ctx context.Context, p Pull) (Opened, bool, error)
	// addPull writes once, as addComment does.
	addPull(ctx context.Context, p Pull) (Opened, error)
}

// Client posts pages for a job.
type Client struct {
	job    Job
	remote remote
	wait   func(context.Context, time.Duration) error
	now    func() time.Time
}

// tries is how often a page is posted before usher gives up.
const tries = 5

// Comment posts a page to a pull request: in place of the comment of the same subject, or
// as a new one.
//
// A comment is its own where both the marker and the author are: anybody can copy a marker,
// and a comment with the time of tomorrow would keep all others away. Where the answer to a
// new comment is lost, the list tells whether it is there.
func (c *Client) Comment(ctx context.Context, p Page) (done Done, number int, err error) {
	err = c.again(ctx, func() error {
		if number, err = c.number(ctx); err != nil {
			return err
		}
		me, err := c.author(ctx)
		if err != nil {
			return err
		}
		all, err := c.remote.comments(ctx, number)
		if err != nil {
			return err
		}
		done, err = c.place(ctx, number, ofSubject(all, me, p.Subject), p)
		return err
	})
	return done, number, err
}

// place writes a page over the newest of its predecessors, and removes the others.
func (c *Client) place(ctx context.Context, number int, mine []note, p Page) (Done, error) {
	if len(mine) == 0 {
		return Created, c.remote.addComment(ctx, number, p)
	}
	last := mine[len(mine)-1]
	for _, double := range mine[:len(mine)-1] {
		if err := c.remote.dropComment(ctx, number, double); err != nil && !isStatus(err, http.StatusNotFound) { // which is gone
			return "", err
		}
	}
	if done := c.compare(last, p); done != "" {
		return done, nil
	}
	if p.Anew {
		if err := c.remote.changeComment(ctx, number, last, folded(last, p.Subject)); err != nil {
			return "", err
		}
		return Created, c.remote.addComment(ctx, number, p)
	}
	return Updated, c.remote.changeComment(ctx, number, last, p)
}

// folded is a comment that a newer one follows: it can still be read, and is nobody's
// subject any more.
func folded(was note, subject string) Page {
	m, body, _ := ledger.ReadMarker(was.body)
	m.Subject = subject + foldedSubject
	body = strings.TrimSpace(body)
	return Page{Marker: m, Body: "<details><summary>There is a newer comment below.</summary>\n\n" + body + "\n\n</details>\n"}
}

// foldedSubject stands behind the subject of a comment that is folded.
const foldedSubject = "/folded"

// compare says why a page is not to be written over what is there; "" where it is. One
// with a time to come, of a wrong clock or a hand, keeps nothing away.
func (c *Client) compare(was note, p Page) Done {
	m, body, _ := ledger.ReadMarker(was.body)
	at := m.At
	if m.At = p.At; m == p.Marker && sameText(body, p.Body) {
		return Unchanged
	}
	if at.After(p.At) && !at.After(c.now().Add(clockRoom)) {
		return Outdated
	}
	return ""
}

// clockRoom is how far the clocks of two jobs may be apart.
const clockRoom = 10 * time.Minute

// sameText compares as a forge keeps a text: some change the ends of lines.
func sameText(a, b string) bool {
	plain := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// ofSubject lists what an account has written about a subject, the newest at the end.
func ofSubject(all []note, me, subject string) []note {
	mine := slices.DeleteFunc(slices.Clone(all), func(n note) bool {
		m, _, found := ledger.ReadMarker(n.body)
		return !found || m.Subject != subject || !strings.EqualFold(n.author, me)
	})
	slices.SortStableFunc(mine, func(a, b note) int {
		x, _, _ := ledger.ReadMarker(a.body)
		y, _, _ := ledger.ReadMarker(b.body)
		return x.At.Compare(y.At)
	})
	return mine
}

// number is the pull request that the job is about.
func (c *Client) number(ctx context.Context) (int, error) {
	if c.job.Number > 0 {
		return c.job.Number, nil
	}
	if c.job.Commit == "" {
		return 0, errors.New("the job is about no pull request: name one with -number=N")
	}
	n, err := c.remote.pull(ctx, c.job.Commit)
	if err == nil && n == 0 {
		err = fmt.Errorf("no pull request brought the commit %.12s: name one with -number=N", c.job.Commit)
	}
	return n, err
}

// author is the account whose comments are usher's.
func (c *Client) author(ctx context.Context) (string, error) {
	if c.job.Author != "" {
		return c.job.Author, nil
	}
	return c.remote.me(ctx)
}

// again does something until it succeeds, or fails for good.
func (c *Client) again(ctx context.Context, do func() error) error {
	for n, pause := 1, time.Second; ; n, pause = n+1, pause*2 {
		err := do()
		var lost *lostError
		if err == nil || n == tries || !errors.As(err, &lost) {
			return err
		}
		if err := c.wait(ctx, max(pause, lost.after)); err != nil {
			return err
		}
	}
}
