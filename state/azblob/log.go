package azblob

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/usher-cli/usher/state"
)

const (
	mostAppended = 4 << 20 // bytes that one request adds to an append blob
	mostBlocks   = 50_000  // requests that an append blob takes: then the next one goes on
)

// part is one append blob of the log.
type part struct {
	number int   // from 1
	start  int64 // bytes of the log in those before it
	size   int64 // bytes in it
	blocks int   // requests that it has taken
}

func (p part) end() int64 { return p.start + p.size }

// next is the part behind a full one.
func (p part) next() part { return part{number: p.number + 1, start: p.end()} }

func (b *Backend) full(p part) bool { return p.blocks >= b.o.MostBlocks }

// part is the client of one append blob: the first has no number.
func (b *Backend) part(number int) *appendblob.Client {
	name := b.key + ".history"
	if number > 1 {
		name += fmt.Sprintf("-%d", number)
	}
	return b.container.NewAppendBlobClient(name)
}

// Log implements state.Backend.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	from := max(0, after.Bytes-1) // with the end of the line before
	p, text, err := b.readLog(ctx, from)
	switch {
	case err != nil:
		return nil, after, err
	case p.end() < after.Bytes && p.end() == 0:
		return nil, state.Mark{}, nil
	case p.end() < after.Bytes, from < after.Bytes && (len(text) == 0 || text[0] != '\n'): // it was cut or edited
		return b.Log(ctx, state.Mark{})
	}
	text = text[after.Bytes-from:]
	b.tail = p
	lines := state.WholeLines(text)
	return lines, after.Add(lines), nil
}

// readLog reads the log from a byte on, and says which part is the last.
func (b *Backend) readLog(ctx context.Context, from int64) (last part, text []byte, err error) {
	p := part{number: 1}
	if b.tail.number > 0 && b.tail.start <= from {
		p = part{number: b.tail.number, start: b.tail.start}
	}
	for {
		rest, there, err := b.readPart(ctx, &p, max(0, from-p.start))
		if err != nil {
			return p, nil, err
		}
		text = append(text, rest...)
		if !there || !b.full(p) {
			return p, text, nil
		}
		p = p.next()
	}
}

// readPart reads a part from a byte of it on, and notes how long it is.
func (b *Backend) readPart(ctx context.Context, p *part, from int64) (text []byte, there bool, err error) {
	client := b.part(p.number)
	resp, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: from}})
	switch {
	case bloberror.HasCode(err, bloberror.BlobNotFound):
		return nil, false, nil
	case bloberror.HasCode(err, bloberror.InvalidRange): // nothing behind it
		props, err := client.GetProperties(ctx, nil)
		if err != nil {
			return nil, false, b.explain(err)
		}
		p.size, p.blocks = *props.ContentLength, count(props.BlobCommittedBlockCount)
		return nil, true, nil
	case err != nil:
		return nil, false, b.explain(err)
	}
	text, err = read(ctx, resp)
	p.size, p.blocks = from+int64(len(text)), count(resp.BlobCommittedBlockCount)
	return text, true, err
}

func count(header *int32) int {
	if header == nil {
		return 0
	}
	return int(*header)
}

// nowhere is a place behind the end of every append blob.
const nowhere = int64(mostBlocks) * mostAppended << 10

// Probe implements state.Prober: an append to the history at a place that it does
// not have is refused for the place where appending is allowed, and adds nothing.
func (b *Backend) Probe(ctx context.Context) error {
	o := &appendblob.AppendBlockOptions{
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: to.Ptr(nowhere)},
	}
	_, err := b.part(1).AppendBlock(ctx, body([]byte("\n")), o)
	if bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.AppendPositionConditionNotMet, bloberror.BlockCountExceedsLimit) {
		return nil
	}
	return b.explain(err)
}

// Append implements state.Backend.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	if b.tail.number == 0 || b.tail.end() != at.Bytes {
		last, _, err := b.readLog(ctx, at.Bytes)
		if err != nil {
			return at, err
		}
		b.tail = last
	}
	for len(lines) > 0 {
		n, size := 0, 0
		for n < len(lines) && (n == 0 || size+len(lines[n])+1 <= mostAppended) {
			size += len(lines[n]) + 1
			n++
		}
		if err := b.append(ctx, at, state.JoinLines(lines[:n])); err != nil {
			return at, err
		}
		at, lines = at.Add(lines[:n]), lines[n:]
	}
	return at, nil
}

// append adds one block behind a mark.
func (b *Backend) append(ctx context.Context, at state.Mark, text []byte) error {
	p := b.tail
	if p.end() != at.Bytes {
		return state.ErrMoved
	}
	if b.full(p) {
		p = p.next()
	}
	client := b.part(p.number)
	o := &appendblob.AppendBlockOptions{AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &p.size}}
	resp, err := client.AppendBlock(once(ctx), body(text), o)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		_, err = client.Create(
			ctx,
			&appendblob.CreateOptions{
				AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}},
			},
		)
		if err == nil || bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
			resp, err = client.AppendBlock(once(ctx), body(text), o)
		}
	}
	switch {
	case bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet, bloberror.BlockCountExceedsLimit): // others filled it
		return state.ErrMoved
	case err != nil:
		return b.explain(err)
	}
	p.size, p.blocks = p.size+int64(len(text)), count(resp.BlobCommittedBlockCount)
	b.tail = p
	return nil
}
