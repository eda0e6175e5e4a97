package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// Shaped is an answer that knows what it has to have. One that lacks it is no
// answer: it says nothing, and least of all that there is nothing.
type Shaped interface {
	// Shape returns what the answer lacks, or what is wrong with it.
	Shape() error
}

// errEmpty is an answer without anything where something was asked for.
var errEmpty = errors.New("the answer is empty")

// decode reads an answer into out, which must have its shape.
func decode(body []byte, out any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errEmpty
	}
	if err := Unmarshal(body, out); err != nil {
		return fmt.Errorf("the answer is not understood: %w", err)
	}
	if s, ok := out.(Shaped); ok {
		if err := s.Shape(); err != nil {
			return errors.New("the answer is not the expected one: " + clip(err.Error()))
		}
	}
	return nil
}

// Unmarshal reads JSON as encoding/json does, and in a third of its time: most of what a run
// takes is in pages of people.
func Unmarshal(text []byte, out any) error {
	return json.Unmarshal(text, out, jsonv1.DefaultOptionsV1())
}

// List is a JSON list that an answer has to have: null is none.
type List[T any] []T

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *List[T]) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	rows := []T{}
	if err := json.UnmarshalDecode(from, &rows); err != nil {
		return err
	}
	*l = rows // nil for null
	return nil
}

// Shape implements Shaped for an answer that is a list as a whole.
func (l List[T]) Shape() error {
	if l == nil {
		return errors.New("it is no list")
	}
	return rowsShape(l)
}

// rowsShape checks each row that knows its shape.
func rowsShape[T any](rows []T) error {
	for i := range rows {
		if s, ok := any(&rows[i]).(Shaped); ok {
			if err := s.Shape(); err != nil {
				return fmt.Errorf("row %d of the list: %w", i+1, err)
			}
		}
	}
	return nil
}

// page is one page of a collection. Services write the link to the next one in
// two ways.
type page[T any] struct {
	Value List[T] `json:"value"`
	Next  string  `json:"@odata.nextLink"`
	Plain string  `json:"nextLink"`
}

// Shape implements Shaped.
func (p *page[T]) Shape() error {
	if p.Value == nil {
		return errors.New(`it has no list "value"`)
	}
	return rowsShape(p.Value)
}

// What bounds the reading of a collection: how many pages it has, and how many
// pages in a row may be empty.
const (
	mostPages = 20_000
	mostEmpty = 100
)

// Each reads all pages of a collection, and calls f for each. A service that names
// a page twice, or page after page without anything, has not answered.
func Each[T any](ctx context.Context, c *Client, path string, f func([]T)) error {
	seen, empty := map[string]bool{}, 0
	for next := path; next != ""; {
		if seen[next] {
			return fmt.Errorf("the pages of the list %s lead back to one that was read already", clip(Path(next)))
		}
		seen[next] = true
		if len(seen) > mostPages || empty > mostEmpty {
			return fmt.Errorf("the list %s does not end after %d pages", clip(Path(next)), len(seen))
		}
		var p page[T]
		if err := c.Get(ctx, next, &p); err != nil {
			return err
		}
		empty++
		if len(p.Value) > 0 {
			empty = 0
		}
		f(p.Value)
		next = p.Next + p.Plain
	}
	return nil
}

// All reads all pages of a collection.
func All[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	var all []T
	if err := Each(ctx, c, path, func(rows []T) { all = append(all, rows...) }); err != nil {
		return nil, err
	}
	return all, nil
}

// Count reads a number of units: what no service counts is no number.
type Count int64

// mostUnits is far above what any tenant has, and far below what overflows.
const mostUnits = 1 << 40

// UnmarshalJSON implements json.Unmarshaler.
func (n *Count) UnmarshalJSON(text []byte) error {
	var v int64
	if err := Unmarshal(text, &v); err != nil {
		return err
	}
	if v < 0 || v > mostUnits {
		return fmt.Errorf("%d is no number of units", v)
	}
	*n = Count(v)
	return nil
}

// LargestBody is how many bytes an answer may have, after it was unpacked.
const LargestBody = 256 << 20

// Bounded is a transport whose answers have at most so many bytes: a small one can
// be packed so that it opens to more than a machine has.
func Bounded(inner policy.Transporter, most int64) policy.Transporter {
	return bounded{inner, most}
}

type bounded struct {
	inner policy.Transporter
	most  int64
}

// Do implements policy.Transporter.
func (b bounded) Do(req *http.Request) (*http.Response, error) {
	resp, err := b.inner.Do(req)
	if err == nil && resp.Body != nil {
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: b.most}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

// errLarge is an answer that is larger than any of its kind.
var errLarge = closed{errors.New("the answer is larger than any that usher reads")}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLarge
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
