package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/forge"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

type commentOptions struct {
	file    string
	subject string
	number  int
	author  string
	issue   bool
	anew    bool
}

func newComment(a *app) *cobra.Command {
	o := &commentOptions{}
	cmd := &cobra.Command{
		Use: "comment FILE", Short: "Post a saved plan, or Markdown of usher, to the pull request of this job", Args: argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runComment(cmd.Context(), a, o)
		},
	}
	a.redactFlag(cmd)
	cmd.Flags().StringVar(&o.subject, "subject", forge.DefaultSubject, "what the comment is about: there is one comment of each `SUBJECT`")
	cmd.Flags().IntVar(&o.number, "number", 0, "pull request `N`, where the job does not say which")
	cmd.Flags().StringVar(&o.author, "author", "", "the `ACCOUNT` of the token, where the forge does not say which")
	cmd.Flags().BoolVar(&o.anew, "new", false, "post a comment below the others where something is new, and fold the one before")
	cmd.Flags().BoolVar(&o.issue, "issue", false, "keep an issue instead: open it, bring it up to date, and close it where nothing is found")
	return cmd
}

func runComment(ctx context.Context, a *app, o *commentOptions) error {
	switch {
	case o.subject == "" || o.number < 0:
		return errors.New("-subject is not empty, and -number is the number of a pull request")
	case o.issue && o.anew:
		return errors.New("-new is about comments, and -issue keeps one issue: choose one")
	}
	job, err := forge.Detect(a.env, os.ReadFile)
	if err != nil {
		return err
	}
	if o.number > 0 {
		job.Number = o.number
	}
	if o.author != "" {
		job.Author = o.author
	}
	page, err := o.page(a, job)
	if err != nil {
		return err
	}
	to := forge.New(job, forge.Options{Version: version, Transport: a.world().Network(), Wait: a.pause, Now: a.now})
	if o.issue {
		done, err := to.Issue(ctx, page)
		if err == nil {
			a.stdout().Say("The issue %q: %s.", page.Subject, done)
		}
		return err
	}
	done, number, err := to.Comment(ctx, page)
	if err == nil {
		a.stdout().Say("The comment %q on the pull request %d: %s.", page.Subject, number, done)
	}
	return err
}

// page is what is to be posted: Markdown as it was written, or a plan as it fits.
func (o *commentOptions) page(a *app, job forge.Job) (forge.Page, error) {
	most := job.Kind.Limit()
	text, err := a.readPage(o.file, most)
	if err != nil {
		return forge.Page{}, err
	}
	marker, body, found := ledger.ReadMarker(text)
	if !found {
		return forge.Page{}, fmt.Errorf("%s is neither a saved plan nor Markdown of usher: write it with -out=FILE or -format=markdown", o.file)
	}
	marker.Subject = o.subject
	p := forge.Page{Marker: marker, Body: strings.TrimRight(body, "\n") + link(job), Anew: o.anew}
	if size := len(p.Body) + len(marker.String()); size > most+linkRoom {
		return p, fmt.Errorf("%s has %d bytes, and a comment of %s %d: write it with -max-bytes=%s", o.file, size, job.Kind, most, job.Kind)
	}
	return p, nil
}

// linkRoom is what a marker and a link may take beside a page.
const linkRoom = 2000

// link leads to the job, whose log has the whole of a shortened page.
func link(job forge.Job) string {
	u, err := url.Parse(job.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(job.URL, "<> \n") || len(job.URL) > linkRoom/2 {
		return "\n"
	}
	return "\n\n[The log of the job](<" + job.URL + ">)\n"
}

// readPage reads a file of Markdown, or a plan as Markdown of at most so many bytes.
func (a *app) readPage(file string, most int) (string, error) {
	asItIs := errors.New("-redact is for a saved plan: write Markdown with -redact, and post that as it is")
	if file == "-" && a.pseudonyms != nil {
		return "", asItIs
	}
	if file == "-" {
		text, err := io.ReadAll(a.in)
		return string(text), err
	}
	text, err := os.ReadFile(a.path(file))
	if _, _, found := ledger.ReadMarker(string(text)); found && err == nil {
		if a.pseudonyms != nil {
			return "", asItIs
		}
		return string(text), nil
	}
	p, err := a.savedPlan(file)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = view.Show("markdown", view.Output{Writer: &b, MaxBytes: most, Pseudonyms: a.pseudonyms}, a.words().Plan(p, 0))
	return b.String(), err
}
