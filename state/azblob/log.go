package azblob

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/usher-cli/usher/state"
)

// Log implements state.Backend.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	resp, err := b.log.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: after.Bytes}})
	switch {
	case bloberror.HasCode(err, bloberror.BlobNotFound):
		return nil, state.Mark{}, nil
	case bloberror.HasCode(err, bloberror.InvalidRange): // nothing behind it
		return b.behind(ctx, after)
	case err != nil:
		return nil, after, b.explain(err)
	}
	text, err := read(resp)
	lines := state.WholeLines(text)
	return lines, after.Add(lines), err
}

// behind tells a log that ends at a mark from one that was cut before it.
func (b *Backend) behind(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	p, err := b.log.GetProperties(ctx, nil)
	if err != nil {
		return nil, after, b.explain(err)
	}
	if size := *p.ContentLength; size < after.Bytes && after.Bytes > 0 {
		if size == 0 {
			return nil, state.Mark{}, nil
		}
		return b.Log(ctx, state.Mark{})
	}
	return nil, after, nil
}

// mostAppended is how much one request adds to an append blob.
const mostAppended = 4 << 20

// Append implements state.Backend.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	for len(lines) > 0 {
		n, size := 0, 0
		for n < len(lines) && (n == 0 || size+len(lines[n])+1 <= mostAppended) {
			size += len(lines[n]) + 1
			n++
		}
		if err := b.append(ctx, at, lines[:n]); err != nil {
			return at, err
		}
		at, lines = at.Add(lines[:n]), lines[n:]
	}
	return at, nil
}

func (b *Backend) append(ctx context.Context, at state.Mark, lines [][]byte) error {
	o := &appendblob.AppendBlockOptions{AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &at.Bytes}}
	_, err := b.log.AppendBlock(once(ctx), body(state.JoinLines(lines)), o)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		_, err = b.log.Create(ctx, &appendblob.CreateOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}}})
		if err == nil || bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
			_, err = b.log.AppendBlock(once(ctx), body(state.JoinLines(lines)), o)
		}
	}
	switch {
	case bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet):
		return state.ErrMoved
	case err != nil:
		return b.explain(err)
	}
	return nil
}
