package azblob

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"

	"github.com/usher-cli/usher/state"
)

// Lock implements state.Backend.
func (b *Backend) Lock(ctx context.Context, info state.LockInfo) (*state.Hold, error) {
	l, err := lease.NewBlobClient(b.blob, &lease.BlobClientOptions{LeaseID: &info.ID})
	if err != nil {
		return nil, err
	}
	ttl := cmp.Or(b.o.TTL, DefaultTTL)
	_, err = l.AcquireLease(ctx, int32(ttl/time.Second), nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		if _, err := b.upload(ctx, nil, ""); err != nil && !errors.Is(err, state.ErrMoved) && !errors.Is(err, state.ErrLost) {
			return nil, err
		}
		_, err = l.AcquireLease(ctx, int32(ttl/time.Second), nil)
	}
	if bloberror.HasCode(err, bloberror.LeaseAlreadyPresent, bloberror.LeaseIsBreakingAndCannotBeAcquired) {
		holder, err := b.LockedBy(ctx)
		if err != nil {
			return nil, err
		}
		return nil, &state.LockedError{Store: b.place, Lock: holder}
	}
	if err != nil {
		return nil, b.explain(err)
	}
	b.lease, b.info = info.ID, metadata(info)
	_, _ = b.blob.SetMetadata(ctx, b.info, &blob.SetMetadataOptions{AccessConditions: &blob.AccessConditions{
		LeaseAccessConditions: &blob.LeaseAccessConditions{LeaseID: &info.ID}}}) // it only informs
	return &state.Hold{TTL: ttl, Renew: func(ctx context.Context) error {
		if _, err := l.RenewLease(ctx, nil); lostLease(err) {
			return state.ErrLost
		} else if err != nil {
			return b.explain(err)
		}
		return nil
	}, Release: func(ctx context.Context) error {
		_, _ = b.blob.SetMetadata(ctx, nil, &blob.SetMetadataOptions{AccessConditions: &blob.AccessConditions{
			LeaseAccessConditions: &blob.LeaseAccessConditions{LeaseID: &info.ID}}}) // who had it is nobody's business any more
		if _, err := l.ReleaseLease(ctx, nil); err != nil && !lostLease(err) {
			return b.explain(err)
		}
		b.lease, b.info = "", nil
		return nil
	}}, nil
}

const holderKey = "usherlock"

func metadata(info state.LockInfo) map[string]*string {
	text, _ := json.Marshal(info) // plain data
	return map[string]*string{holderKey: to.Ptr(url.QueryEscape(string(text)))}
}

// LockedBy implements state.Backend.
func (b *Backend) LockedBy(ctx context.Context) (*state.LockInfo, error) {
	p, err := b.blob.GetProperties(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, b.explain(err)
	}
	if p.LeaseState == nil || *p.LeaseState != lease.StateTypeLeased {
		return nil, nil
	}
	for name, value := range p.Metadata { // whose case the service does not keep
		if !strings.EqualFold(name, holderKey) || value == nil {
			continue
		}
		text, err := url.QueryUnescape(*value)
		if info := state.ParseLockInfo([]byte(text)); err == nil && info != nil {
			if p.Date != nil { // at the latest
				info.Until = p.Date.UTC().Add(cmp.Or(b.o.TTL, DefaultTTL))
			}
			return info, nil
		}
	}
	return state.UnknownLock("not known, and gone within a minute"), nil
}

// ForceUnlock implements state.Backend. The id is the lease's own, so that no
// other lock is removed.
func (b *Backend) ForceUnlock(ctx context.Context, id string) error {
	l, err := lease.NewBlobClient(b.blob, &lease.BlobClientOptions{LeaseID: &id})
	if err != nil {
		return err
	}
	_, err = l.ReleaseLease(ctx, nil)
	switch {
	case lostLease(err):
		return fmt.Errorf("%w under this id: another run has it by now, or it has ended", state.ErrNotLocked)
	case err != nil:
		return b.explain(err)
	}
	return nil
}
