// Package wire is the one road from usher to a service: an azcore pipeline
// with tokens, retries, a pace for writes, a user agent and one way to read
// errors, whatever shape the service gives them.
//
// It knows no route. It sends a token to no host but its own. It sends a request to another
// host only for a download, to which its own host leads. It never decides what an error means
// for a grant.
package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Options configure a Client.
type Options struct {
	Base       string                       // such as https://graph.microsoft.com
	Transport  policy.Transporter           // nil for the network
	Version    string                       // of usher, for the user agent
	RetryDelay time.Duration                // before the first retry; 0 for the default of 800 ms
	Timeout    time.Duration                // of one try; 0 for the default of 30 seconds
	Waiting    func(host string, err error) // is told of a host that cannot be reached; nil for nobody

	Credential azcore.TokenCredential // nil where nobody signs in
	Scope      string                 // what its tokens are for
	Pace       *Pace                  // of writes; nil for as fast as they come
	Low        bool                   // reads give way to those of others
	Trace      func(Exchange)         // is told of every request; nil for nobody

	// Room waits until so many requests may leave, and returns why they cannot; nil for no limit.
	Room func(ctx context.Context, requests int) error
	// Gate is asked before every try of what changes something; nil for no gate.
	Gate func(context.Context) error
	Now  func() time.Time // the clock
}

// Client sends JSON requests to one service.
type Client struct {
	base     string
	pipeline runtime.Pipeline
	open     runtime.Pipeline // without a token, for links that need none
	pace     *Pace
	prefer   string // sent with every request; "" for nothing
	now      func() time.Time
}

// At returns a client of another base on the same pipeline, such as one of the
// organisations that a service tells of.
func (c *Client) At(base string) *Client {
	other := *c
	other.base = strings.TrimSuffix(base, "/")
	return &other
}

// Prefer returns the client with a Prefer header on every request.
func (c *Client) Prefer(value string) *Client {
	with := *c
	with.prefer = value
	return &with
}

// Pace is the pace of the client's writes, nil where it has none.
func (c *Client) Pace() *Pace { return c.pace }

// Dated gives the headers of a part of a batch, which have no date, one: what
// asks to wait until a moment counts from then.
func (c *Client) Dated(h http.Header) http.Header {
	if h.Get("Date") == "" && c.now != nil {
		h.Set("Date", c.now().UTC().Format(http.TimeFormat))
	}
	return h
}

// SameHost reports whether a link leads to the client's own host.
func (c *Client) SameHost(link string) bool {
	u, err := url.Parse(link)
	base, _ := url.Parse(c.base)
	return err == nil && u.Host == base.Host && u.Scheme == base.Scheme
}

// Retries are bounded in number, and generous in how long the service may
// ask to wait: a longer Retry-After would be returned at once, unheeded.
const (
	maxRetries    = 4
	maxRetryDelay = 5 * time.Minute
	tryTimeout    = 30 * time.Second // then an answer that has not come is known not to come
)

// New makes a client.
func New(o Options) *Client {
	each := []policy.Policy{plainWait{}}
	open := []policy.Policy{plainWait{}}
	if o.Room != nil {
		each, open = append(each, room(o.Room)), append(open, room(o.Room))
	}
	if o.Pace != nil {
		each = append(each, o.Pace)
	}
	if o.Credential != nil {
		each = append(each, bearer(o))
	}
	if o.Gate != nil {
		each = append(each, gate(o.Gate))
	}
	// Neither waiting for the pace nor signing in is a part of a try, and what did
	// not leave is in no doubt.
	each = append(each, tryLimit(cmp.Or(o.Timeout, tryTimeout)), noteDoubt{})
	if o.Now != nil {
		each = append(each, &reach{now: o.Now, tell: o.Waiting})
	}
	if o.Trace != nil {
		each = append(each, tracer{o.Trace, o.Now})
	}
	if o.Transport != nil {
		o.Transport = Bounded(o.Transport, LargestBody)
	}
	road := func(perCall, perRetry []policy.Policy) runtime.Pipeline {
		return runtime.NewPipeline("usher", o.Version, runtime.PipelineOptions{PerCall: perCall, PerRetry: perRetry}, &policy.ClientOptions{
			Transport: o.Transport,
			Retry:     policy.RetryOptions{MaxRetries: maxRetries, RetryDelay: o.RetryDelay, MaxRetryDelay: maxRetryDelay},
			Telemetry: policy.TelemetryOptions{ApplicationID: "usher"},
		})
	}
	if o.Trace != nil {
		open = append(open, tracer{o.Trace, o.Now})
	}
	return &Client{base: strings.TrimSuffix(o.Base, "/"), pipeline: road([]policy.Policy{label{o.Low}}, each), open: road(nil, open),
		pace: o.Pace, now: o.Now}
}

// JSON sends a request and decodes the answer into out, which may be nil. An answer
// that is empty, or has not the shape of out, is an error.
// Path is either a path with its query, or a whole link that the service gave
// out, which must lead to the same host. An answer that is not a success is
// an *Error; anything else means that nobody can tell what the service did.
func (c *Client) JSON(ctx context.Context, method, path string, in, out any) error {
	return c.Conditional(ctx, method, path, "", in, out)
}

// Conditional is JSON for a write that is only meant for the version with the
// etag; without one it is unconditional.
func (c *Client) Conditional(ctx context.Context, method, path, etag string, in, out any) error {
	var err error
	for range wholeReadings {
		var again bool
		if again, err = c.once(ctx, method, path, etag, in, out); !again {
			break
		}
	}
	return err
}

// wholeReadings is how often something is read whose answers break off or make
// no sense: what was asked for is still there.
const wholeReadings = 3

// once sends a request until it is answered. Again says that the answer cannot
// be used, and that asking once more does no harm.
func (c *Client) once(ctx context.Context, method, path, etag string, in, out any) (again bool, err error) {
	target, err := c.target(path)
	if err != nil {
		return false, err
	}
	doubt, noted := ctx.Value(doubtKey{}).(*bool)
	if !noted {
		doubt = new(bool)
		ctx = WithDoubt(ctx, doubt)
	}
	req, err := c.request(ctx, method, target, etag, in)
	if err != nil {
		return false, err
	}
	resp, err := c.pipeline.Do(req)
	if err != nil {
		return false, doubtful(failure(err, req), *doubt)
	}
	defer resp.Body.Close()
	body, err := runtime.Payload(resp) // which the pipeline has read already
	if err != nil {
		return method == http.MethodGet, failure(fmt.Errorf("the answer broke off: %w", err), req)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		e := ParseError(resp.StatusCode, resp.Header, body)
		e.Doubt, e.RequestID = *doubt, cmp.Or(e.RequestID, req.Raw().Header.Get(nameHeader))
		again := e.Status == http.StatusConflict || e.Status == http.StatusUnauthorized // somebody writes it, or the token ended
		return method == http.MethodGet && again, e
	}
	if out == nil {
		return false, nil
	}
	if err := decode(body, out); err != nil {
		return method == http.MethodGet, failure(err, req)
	}
	return false, nil
}

func (c *Client) request(ctx context.Context, method, target, etag string, in any) (*policy.Request, error) {
	req, err := runtime.NewRequest(ctx, method, target)
	if err != nil { // of a page, the service names it
		return nil, errors.New(clip(err.Error()))
	}
	if in != nil {
		if err := runtime.MarshalAsJSON(req, in); err != nil {
			return nil, err
		}
	}
	req.Raw().Header.Set("Accept", "application/json")
	if c.prefer != "" {
		req.Raw().Header.Set("Prefer", c.prefer)
	}
	if etag != "" {
		req.Raw().Header.Set("If-Match", etag)
	}
	return req, nil
}

func (c *Client) target(path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		return c.base + path, nil
	}
	if !c.SameHost(path) {
		return "", fmt.Errorf("the service answered with a link to another host (%.100q): it is not followed", path)
	}
	return path, nil
}

// Get is JSON without a body.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.JSON(ctx, http.MethodGet, path, nil, out)
}

// Path is the path of a request or a link, without its query, which can hold names.
func Path(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Path
}
