package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/google/uuid"

	"github.com/usher-cli/usher/ledger"
)

// noteDoubt remembers of the tries of a request that one was not answered for
// certain, because the retries after it show only the last answer, and what the
// service calls the last.
type noteDoubt struct{}

type doubtKey struct{}

// WithDoubt lets the caller of a request know that an earlier try of it may have
// been carried out, also where a later one was answered.
func WithDoubt(ctx context.Context, doubt *bool) context.Context {
	return context.WithValue(ctx, doubtKey{}, doubt)
}

type nameKey struct{}

// WithName lets the caller of requests know the service's name of the last that
// was answered, for its support.
func WithName(ctx context.Context, name *string) context.Context {
	return context.WithValue(ctx, nameKey{}, name)
}

// NameOf returns what WithName has noted.
func NameOf(ctx context.Context) string {
	if name, ok := ctx.Value(nameKey{}).(*string); ok {
		return *name
	}
	return ""
}

// Do implements policy.Policy.
func (noteDoubt) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if name, ok := req.Raw().Context().Value(nameKey{}).(*string); ok && err == nil {
		*name = resp.Header.Get("request-id")
	}
	if err != nil || unclear(resp.StatusCode) {
		if doubt, ok := req.Raw().Context().Value(doubtKey{}).(*bool); ok {
			*doubt = true
		}
	}
	return resp, err
}

// room holds up every try until there is room for its requests: each part of a batch is one.
type room func(ctx context.Context, requests int) error

// Do implements policy.Policy.
func (r room) Do(req *policy.Request) (*http.Response, error) {
	ctx, requests := req.Raw().Context(), 1
	if of, batched := ctx.Value(batchKey{}).(*batch); batched {
		requests = of.parts
	}
	if err := r(ctx, requests); err != nil {
		return nil, closed{err}
	}
	return req.Next()
}

// gate asks before every try of what changes something whether it may still be
// made: a process that slept in the middle of one would repeat it as it wakes.
type gate func(context.Context) error

// Do implements policy.Policy.
func (g gate) Do(req *policy.Request) (*http.Response, error) {
	if req.Raw().Method != http.MethodGet {
		if err := g(req.Raw().Context()); err != nil {
			return nil, closed{err}
		}
	}
	return req.Next()
}

// closed is why a try was not made. There is none after it.
type closed struct{ error }

// NonRetriable tells the pipeline so.
func (closed) NonRetriable() {}

// Unwrap gives the reason.
func (c closed) Unwrap() error { return c.error }

// label gives every request a name of its own, under which the service's
// support finds it also where no answer came, and a place behind others.
type label struct{ low bool }

const nameHeader = "client-request-id"

// Do implements policy.Policy.
func (l label) Do(req *policy.Request) (*http.Response, error) {
	req.Raw().Header.Set(nameHeader, uuid.NewString())
	if l.low && req.Raw().Method == http.MethodGet {
		req.Raw().Header.Set("x-ms-throttle-priority", "low")
	}
	return req.Next()
}

// failure says what is known of a request that got no answer. The query is
// left out, because it can hold names. Where nobody could sign in, the service
// was asked nothing.
func failure(err error, req *policy.Request) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	r := req.Raw()
	return fmt.Errorf("%s %s: %w (%s %s)", r.Method, clip(r.URL.Path), err, nameHeader, r.Header.Get(nameHeader))
}

// doubtful adds to a refusal that an earlier try may have been carried out.
func doubtful(err error, doubt bool) error {
	var refused *Error
	if !doubt || !errors.As(err, &refused) {
		return err
	}
	also := *refused
	also.Doubt = true
	return &also
}

// tryLimit bounds one try, until its answer has been read.
type tryLimit time.Duration

// Do implements policy.Policy.
func (t tryLimit) Do(req *policy.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Raw().Context(), time.Duration(t))
	resp, err := req.Clone(ctx).Next()
	if err != nil {
		cancel()
		return resp, err
	}
	resp.Body = &limitedBody{resp.Body, cancel}
	return resp, nil
}

type limitedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b *limitedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

// bearer signs requests with tokens of the client's scope. A token that the
// service does not take any more is asked for anew, once.
func bearer(o Options) policy.Policy {
	scopes := []string{o.Scope}
	base, err := url.Parse(o.Base)
	return runtime.NewBearerTokenPolicy(signIn{o.Credential}, scopes, &policy.BearerTokenOptions{
		InsecureAllowCredentialWithHTTP: err == nil &&
			ledger.OnThisMachine(base.Hostname()), // a tenant that this machine serves
		AuthorizationHandler: policy.AuthorizationHandler{
			OnChallenge: func(_ *policy.Request, _ *http.Response, authorize func(policy.TokenRequestOptions) error) error {
				return authorize(policy.TokenRequestOptions{Scopes: scopes})
			},
		},
	})
}

// Exchange is one request and its answer, without anything of what they say.
type Exchange struct {
	Method, Host, Path string
	Status             int // 0 where no answer came
	Took               time.Duration
	RequestID          string
}

type tracer struct {
	tell func(Exchange)
	now  func() time.Time
}

// Do implements policy.Policy.
func (t tracer) Do(req *policy.Request) (*http.Response, error) {
	began := t.now()
	resp, err := req.Next()
	e := Exchange{
		Method:    req.Raw().Method,
		Host:      req.Raw().URL.Host,
		Path:      req.Raw().URL.Path,
		Took:      t.now().Sub(began),
		RequestID: req.Raw().Header.Get(nameHeader),
	}
	if err == nil {
		e.Status = resp.StatusCode
		if id := resp.Header.Get("request-id"); id != "" {
			e.RequestID = id
		}
	}
	t.tell(e)
	return resp, err
}

// plainWait turns a fraction of seconds, and what is longer than anybody waits,
// neither of which the pipeline would heed, into what it does.
type plainWait struct{}

// Do implements policy.Policy.
func (plainWait) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err == nil {
		if wait := RetryAfter(resp.Header); wait > 0 {
			resp.Header.Set("retry-after-ms", strconv.FormatInt(max(1, wait.Milliseconds()), 10))
		}
	}
	return resp, err
}

// RetryAfter is how long an answer asks to wait: seconds, whole or fractional,
// or a date. 0 where it does not say.
func RetryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, maxRetryDelay.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		if now, err := http.ParseTime(h.Get("Date")); err == nil { // the service's own clock
			return min(max(0, at.Sub(now)), maxRetryDelay)
		}
	}
	return 0
}
