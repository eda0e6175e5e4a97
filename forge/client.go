package forge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

// Options are how a forge is reached.
type Options struct {
	Version   string // of usher, for the user agent
	Transport policy.Transporter
	Wait      func(context.Context, time.Duration) error // nil for the clock
	Now       func() time.Time
}

// New makes a client for a job. Nothing is asked of the forge yet.
func New(j Job, o Options) *Client {
	w := &wire{job: j, pipeline: runtime.NewPipeline("usher", o.Version, runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: o.Transport, Telemetry: policy.TelemetryOptions{ApplicationID: "usher"},
		Retry: policy.RetryOptions{MaxRetries: -1, TryTimeout: time.Minute}})}
	c := &Client{job: j, wait: o.Wait, now: o.Now}
	if c.wait == nil {
		c.wait = wait
	}
	switch j.Kind {
	case GitLab:
		c.remote = &gitlab{w}
	case Azure:
		c.remote = &azure{w}
	default:
		c.remote = &github{w}
	}
	return c
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// wire sends requests with the token of a job.
type wire struct {
	job      Job
	pipeline runtime.Pipeline
}

// lostError is a request that may have been carried out, or that is to be sent later.
type lostError struct {
	error
	after time.Duration // to wait before the next one
}

func (e *lostError) Unwrap() error { return e.error }

// refusedError is a request that the forge refused.
type refusedError struct {
	status int
	text   string
}

// Error implements error.
func (e *refusedError) Error() string { return e.text }

// isStatus reports whether a forge refused with a status.
func isStatus(err error, status int) bool {
	var refused *refusedError
	return errors.As(err, &refused) && refused.status == status
}

// mostAnswer is how long an answer may be: a page of 100 comments of 1,000,000 characters.
const mostAnswer = 256 << 20

// ask sends a request, and reads the answer into a value; nil for none. The path begins
// behind the address of the API.
func (w *wire) ask(ctx context.Context, method, path string, body, into any) error {
	return w.send(ctx, method, path, "application/json", body, into)
}

// send is ask with a body of another kind of JSON.
func (w *wire) send(ctx context.Context, method, path, kind string, body, into any) error {
	req, err := runtime.NewRequest(ctx, method, w.job.API+path)
	if err != nil {
		return err
	}
	w.sign(req.Raw())
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(text)), kind); err != nil {
			return err
		}
	}
	resp, err := w.pipeline.Do(req)
	if err != nil {
		var address *url.Error
		if errors.As(err, &address) {
			err = address.Err
		}
		return &lostError{fmt.Errorf("%s cannot be reached: %w", w.job.Kind, err), 0}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return &lostError{fmt.Errorf("the answer of %s broke off: %w", w.job.Kind, err), 0}
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return w.refusal(method, resp, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s answers %s with something else than JSON: is %s its API?", w.job.Kind, method, w.job.API)
	}
	return nil
}

// sign adds the token, and what the forge wants to know besides.
func (w *wire) sign(r *http.Request) {
	switch w.job.Kind {
	case GitHub:
		r.Header.Set("Authorization", "Bearer "+w.job.Token)
		r.Header.Set("Accept", "application/vnd.github+json")
		r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	case Gitea:
		r.Header.Set("Authorization", "token "+w.job.Token)
	case GitLab:
		r.Header.Set("PRIVATE-TOKEN", w.job.Token)
	case Azure:
		if r.Header.Set("Authorization", "Bearer "+w.job.Token); w.job.Basic {
			r.SetBasicAuth("", w.job.Token)
		}
	}
}

// refusal says what a status means and what to do. A forge that is busy says when to
// come back.
func (w *wire) refusal(method string, resp *http.Response, text []byte) error {
	var said struct{ Message, Error any }
	_ = json.Unmarshal(text, &said) // a page of HTML says nothing that helps
	message := strings.TrimSpace(fmt.Sprint(cmp.Or(said.Message, said.Error, any(""))))
	if message != "" {
		message = ": " + clip(message)
	}
	err := fmt.Errorf("%s answers %s with %d %s%s%s", w.job.Kind, method, resp.StatusCode, http.StatusText(resp.StatusCode), message,
		w.way(resp.StatusCode))
	seconds, failed := strconv.Atoi(resp.Header.Get("Retry-After"))
	busy := []int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	if slices.Contains(busy, resp.StatusCode) || failed == nil {
		return &lostError{err, min(time.Duration(seconds)*time.Second, 2*time.Minute)}
	}
	return &refusedError{resp.StatusCode, err.Error()}
}

// clip is the beginning of a message.
func clip(text string) string {
	const most = 300
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// way is the way out of a refusal; "" where there is none to tell.
func (w *wire) way(status int) string {
	if status != http.StatusUnauthorized && status != http.StatusForbidden && status != http.StatusNotFound {
		return ""
	}
	return ": " + map[Kind]string{
		GitHub: "the job needs the permission pull-requests: write, and for issues the permission issues: write. To open pull requests, " +
			"the repository has to allow it to GitHub Actions: Settings, Actions, General, Workflow permissions",
		GitLab: "GITLAB_TOKEN needs the scope api, and the role Reporter in this project, or Developer to open merge requests; a job token " +
			"cannot write notes",
		Azure: "the build identity needs the permission Contribute to pull requests on this repository, and for issues Edit work items " +
			"in this project",
		Gitea: "the token needs the scope write:issue",
	}[w.job.Kind]
}

// pages asks for one page after the other, until one has less than a whole one. A forge
// whose pages may be shorter than was asked for ends with an empty one: whole is 1.
func pages[T any](whole int, ask func(page int) ([]T, error)) ([]T, error) {
	var all []T
	const most = 200 // 20,000 comments: a list without an end is none
	for page := 1; page <= most; page++ {
		some, err := ask(page)
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(some) < whole {
			break
		}
	}
	return all, nil
}
