// Package azblob keeps a state in a blob of an Azure storage account, and its
// history in append blobs beside it.
//
// The lock is a lease on the blob itself, so that the service refuses whoever
// lost it; who has it stands in the blob's metadata, and informs only. A blob
// without content is no state: it is what there is to lease before the first
// one. Earlier versions are the account's to keep.
package azblob

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// Options say where a state is, and who asks.
type Options struct {
	Endpoint   string // of the account: https://ACCOUNT.blob.core.windows.net
	Container  string
	Key        string // the blob's name
	SAS        string // a shared access signature; else Credential
	Credential azcore.TokenCredential
	TTL        time.Duration // of the lease, 15 to 60 seconds
	MostBlocks int           // of an append blob; default 50,000, which is the service's own limit
	Transport  policy.Transporter
}

// DefaultTTL is how long a lease lasts without being renewed: the most that the
// service allows of one that ends.
const DefaultTTL = time.Minute

// Backend is one state in a blob.
type Backend struct {
	o     Options
	place string
	key   string

	container *container.Client
	blob      *blockblob.Client
	tail      part               // the end of the log, as far as is known
	lease     string             // that this process has
	info      map[string]*string // metadata, while it has it
}

var (
	_ state.Backend = (*Backend)(nil)
	_ state.Prober  = (*Backend)(nil)
)

// New makes a backend. Nothing is asked of the service yet.
func New(o Options) (*Backend, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" ||
		u.User != nil { // its text can hold a signature
		return nil, errors.New(
			"its endpoint is not the address of a storage account, such as https://ACCOUNT.blob.core.windows.net, without a signature",
		)
	}
	if u.Scheme == "http" && !ledger.OnThisMachine(u.Hostname()) {
		return nil, fmt.Errorf("http://%s would send credentials that others could read: use https", u.Host)
	}
	b := &Backend{o: o, place: u.JoinPath(o.Container, o.Key).String()}
	b.o.MostBlocks = cmp.Or(o.MostBlocks, mostBlocks)
	at := u.JoinPath(o.Container)
	b.key = strings.TrimPrefix(u.JoinPath(o.Container, o.Key).Path, at.Path+"/") // as the place shows it
	place, options := at.String(), &container.ClientOptions{ClientOptions: policy.ClientOptions{
		Transport: o.Transport, Telemetry: policy.TelemetryOptions{ApplicationID: "usher"},
		Retry: policy.RetryOptions{MaxRetries: 4, RetryDelay: 300 * time.Millisecond, MaxRetryDelay: 10 * time.Second, TryTimeout: time.Minute}}}
	if o.SAS != "" {
		b.container, err = container.NewClientWithNoCredential(place+"?"+strings.TrimPrefix(o.SAS, "?"), options)
	} else {
		b.container, err = container.NewClient(place, o.Credential, options)
	}
	if err != nil {
		return nil, errors.New("no client for the storage account could be made") // the reason can hold the signature
	}
	b.blob = b.container.NewBlockBlobClient(b.key)
	return b, nil
}

// String implements state.Backend.
func (b *Backend) String() string { return b.place }

// once sends what follows a single time.
func once(ctx context.Context) context.Context {
	return policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1, TryTimeout: time.Minute})
}

// explain turns what the service says into what to do about it, and leaves the
// address out, which can hold a signature.
func (b *Backend) explain(err error) error {
	var e *azcore.ResponseError
	if !errors.As(err, &e) {
		var address *url.Error
		if errors.As(err, &address) {
			err = address.Err
		}
		return err
	}
	way := "see the account's log"
	switch {
	case e.ErrorCode == string(bloberror.ContainerNotFound):
		way = fmt.Sprintf("make the container %q first", b.o.Container)
	case e.StatusCode == http.StatusForbidden && b.o.SAS != "":
		way = "the shared access signature has ended or does not allow this: it needs read to plan, and read, add, create and write to apply"
	case e.StatusCode == http.StatusForbidden:
		way = "this identity needs the role Storage Blob Data Reader on the container to plan, and Storage Blob Data Contributor to apply"
	case e.StatusCode == http.StatusUnauthorized:
		way = "does the identity belong to the account's tenant?"
	}
	id := ""
	if e.RawResponse != nil {
		id = ", request " + e.RawResponse.Header.Get("x-ms-request-id")
	}
	return fmt.Errorf("the storage account answers %d %s: %s%s", e.StatusCode, e.ErrorCode, way, id)
}

// read reads an answer whole, and asks for the rest where it breaks off.
func read(ctx context.Context, resp blob.DownloadStreamResponse) ([]byte, error) {
	body := resp.NewRetryReader(ctx, nil)
	defer body.Close()
	return io.ReadAll(body)
}

// Get implements state.Backend.
func (b *Backend) Get(ctx context.Context) ([]byte, string, error) {
	text, etag, err := b.download(ctx)
	if err != nil || len(text) == 0 {
		return nil, "", err
	}
	return text, etag, nil
}

// download reads the blob with its own etag, also where it is empty.
func (b *Backend) download(ctx context.Context) ([]byte, string, error) {
	resp, err := b.blob.DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", b.explain(err)
	}
	text, err := read(ctx, resp)
	return text, string(*resp.ETag), err
}

// Put implements state.Backend.
func (b *Backend) Put(ctx context.Context, text []byte, etag string) (string, error) {
	if etag == "" { // there is none, or one without content
		current, empty, err := b.download(ctx)
		if err != nil {
			return "", err
		}
		if len(current) > 0 {
			return "", state.ErrMoved
		}
		etag = empty
	}
	return b.upload(ctx, text, etag)
}

func (b *Backend) upload(ctx context.Context, text []byte, etag string) (string, error) {
	o := &blockblob.UploadOptions{
		Metadata:         b.info,
		AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{}},
	}
	if etag == "" {
		o.AccessConditions.ModifiedAccessConditions.IfNoneMatch = to.Ptr(azcore.ETagAny)
	} else {
		o.AccessConditions.ModifiedAccessConditions.IfMatch = to.Ptr(azcore.ETag(etag))
	}
	if b.lease != "" {
		o.AccessConditions.LeaseAccessConditions = &blob.LeaseAccessConditions{LeaseID: &b.lease}
	}
	resp, err := b.blob.Upload(once(ctx), body(text), o)
	switch {
	case bloberror.HasCode(err, bloberror.ConditionNotMet, bloberror.BlobAlreadyExists):
		return "", state.ErrMoved
	case lostLease(err):
		return "", state.ErrLost
	case err != nil:
		return "", b.explain(err)
	}
	return string(*resp.ETag), nil
}

func lostLease(err error) bool {
	return bloberror.HasCode(
		err,
		bloberror.LeaseLost,
		bloberror.LeaseIDMissing,
		bloberror.LeaseNotPresentWithBlobOperation,
		bloberror.LeaseIDMismatchWithBlobOperation,
		bloberror.LeaseIDMismatchWithLeaseOperation,
		bloberror.LeaseNotPresentWithLeaseOperation,
		bloberror.LeaseIsBrokenAndCannotBeRenewed,
	)
}

func body(text []byte) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader(text)) }
