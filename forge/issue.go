package forge

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Issue keeps one issue of a subject: it opens it, writes a page over it where what was
// found is other than before, with the difference as a comment, and closes it where
// nothing is found.
//
//	night 1   2 changes   an issue is opened
//	night 2   the same    nothing is written
//	night 3   1 of them   the body is replaced, and a comment says what is new and what is gone
//	night 4   unread      this issue stays, and another one says that a part was not read
//	night 5   none        both are closed
//
// A reading that is incomplete neither opens nor closes it: nobody knows then.
func (c *Client) Issue(ctx context.Context, p Page) (done Done, err error) {
	err = c.again(ctx, func() error {
		me, err := c.author(ctx)
		if err != nil {
			return err
		}
		all, err := c.remote.issues(ctx, me)
		if err != nil {
			return err
		}
		k := keeper{c.remote, c, all, me}
		unread := p
		unread.Subject += unreadSubject
		if p.Finding == ledger.Incomplete {
			done, err = k.keep(ctx, unread, "usher: a part of the tenant was not read"+about(p.Subject))
			return err
		}
		if p.Finding == ledger.Nothing {
			done, err = k.close(ctx, p)
		} else {
			done, err = k.keep(ctx, p, "usher: "+strings.ToLower(p.Page)+about(p.Subject))
		}
		if err == nil {
			_, err = k.close(ctx, unread)
		}
		return err
	})
	return done, err
}

// unreadSubject stands behind the subject of an issue about an incomplete reading.
const unreadSubject = "/unread"

// DefaultSubject is the subject of a page where nobody names one.
const DefaultSubject = "usher"

// about names a subject in a title, where somebody chose one.
func about(subject string) string {
	if subject == DefaultSubject {
		return ""
	}
	return ": " + subject
}

// keeper keeps the issues of an account.
type keeper struct {
	remote
	client *Client
	all    []note
	me     string
}

// last is the newest issue of a subject; false for none. Two jobs at once can have opened
// two: the others are closed.
func (k keeper) last(ctx context.Context, subject string) (last note, found bool, err error) {
	mine := ofSubject(k.all, k.me, subject)
	if len(mine) == 0 {
		return note{}, false, nil
	}
	for _, double := range mine[:len(mine)-1] {
		if double.open {
			err = errors.Join(err, k.closeIssue(ctx, double))
		}
	}
	return mine[len(mine)-1], true, err
}

// keep opens an issue, or brings it up to date.
func (k keeper) keep(ctx context.Context, p Page, title string) (Done, error) {
	was, found, err := k.last(ctx, p.Subject)
	switch {
	case err != nil:
		return "", err
	case !found:
		return Created, k.openIssue(ctx, title, p)
	case k.client.compare(was, p) == Outdated:
		return Outdated, nil
	}
	_, before, _ := ledger.ReadMarker(was.body)
	difference := differenceOf(before, p.Body)
	if was.open && difference == "" {
		return Unchanged, nil
	}
	// The difference comes first: once the body is changed, nobody can tell it any more. Where
	// the change is lost, it is told twice.
	if difference != "" {
		if err := k.noteIssue(ctx, was, clipBytes(difference, k.client.job.Kind.Limit())); err != nil {
			return "", err
		}
	}
	return Updated, k.changeIssue(ctx, was, p)
}

// close closes the issue of a subject, where it is open.
func (k keeper) close(ctx context.Context, p Page) (Done, error) {
	was, found, err := k.last(ctx, p.Subject)
	switch {
	case err != nil || !found || !was.open:
		return Unchanged, err
	case k.client.compare(was, p) == Outdated:
		return Outdated, nil
	}
	return Closed, k.closeIssue(ctx, was)
}

// differenceOf says which findings of a page are new, and which are gone; "" where they
// are the same.
func differenceOf(before, after string) string {
	was, is := findingsOf(before), findingsOf(after)
	var b strings.Builder
	for _, side := range []struct {
		heading string
		of, in  findings
	}{{"New:", is, was}, {"No longer there:", was, is}} {
		only := side.of.without(side.in)
		if len(only.items)+len(only.rows) == 0 {
			continue
		}
		b.WriteString(side.heading + "\n\n" + strings.Join(only.items, ""))
		if len(only.rows) > 0 {
			b.WriteString("\n```diff\n" + strings.Join(only.rows, "") + "```\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// findings are the items of the lists of a page, and the rows of its blocks of code: what
// is escaped for the one is not for the other.
type findings struct{ items, rows []string }

func findingsOf(text string) findings {
	var f findings
	inside := false
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = strings.TrimRight(line, "\n") + "\n"
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			inside = !inside
		case inside && !strings.HasPrefix(line, " "):
			f.rows = append(f.rows, line)
		case !inside && strings.HasPrefix(line, "- "):
			f.items = append(f.items, line)
		}
	}
	return f
}

// without leaves out what others have, too.
func (f findings) without(o findings) findings {
	return findings{
		items: slices.DeleteFunc(slices.Clone(f.items), func(line string) bool { return slices.Contains(o.items, line) }),
		rows:  slices.DeleteFunc(slices.Clone(f.rows), func(line string) bool { return slices.Contains(o.rows, line) }),
	}
}

// clipBytes is the beginning of a text of lines, in at most so many bytes. A block of code
// that is cut is ended.
func clipBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const end = "\n```\n… and more"
	cut := strings.LastIndexByte(text[:most-len(end)], '\n')
	if strings.Count(text[:max(cut, 0)], "```")%2 == 0 {
		return text[:max(cut, 0)] + "\n… and more"
	}
	return text[:cut] + end
}
