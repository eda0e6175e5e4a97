package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/usher-cli/usher/state"
)

// Lock implements state.Backend.
func (b *Backend) Lock(ctx context.Context, info state.LockInfo) (*state.Hold, error) {
	text, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	rows, err := b.exec(ctx, `INSERT INTO %[1]s.states AS s (name, lock_id, lock_info, lock_until)
		VALUES ($1, $2, $3, clock_timestamp() + $4::interval)
		ON CONFLICT (name) DO UPDATE SET lock_id = excluded.lock_id, lock_info = excluded.lock_info, lock_until = excluded.lock_until
		WHERE s.lock_id IS NULL OR s.lock_until < clock_timestamp() OR s.lock_id = excluded.lock_id`,
		b.o.Name, info.ID, string(text), interval(b.o.TTL))
	if err != nil {
		return nil, explain(err)
	}
	if rows == 0 {
		holder, err := b.LockedBy(ctx)
		if err != nil {
			return nil, err
		}
		return nil, &state.LockedError{Store: b.place, Lock: holder}
	}
	b.held = info.ID
	return &state.Hold{TTL: b.o.TTL, Renew: func(ctx context.Context) error { return b.renew(ctx, info.ID) },
		Release: func(ctx context.Context) error { return b.release(ctx, info.ID) }}, nil
}

func interval(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }

func (b *Backend) renew(ctx context.Context, id string) error {
	rows, err := b.exec(ctx, `UPDATE %s.states SET lock_until = clock_timestamp() + $3::interval
		WHERE name = $1 AND lock_id = $2 AND lock_until > clock_timestamp()`, b.o.Name, id, interval(b.o.TTL))
	if err == nil && rows == 0 {
		return state.ErrLost
	}
	return err
}

func (b *Backend) release(ctx context.Context, id string) error {
	_, err := b.free(ctx, id)
	if err == nil {
		b.held = ""
	}
	return err
}

// free removes the lock with this id, and reports whether it was there.
func (b *Backend) free(ctx context.Context, id string) (bool, error) {
	rows, err := b.exec(
		ctx,
		`UPDATE %s.states SET lock_id = NULL, lock_info = NULL, lock_until = NULL WHERE name = $1 AND lock_id = $2`,
		b.o.Name,
		id,
	)
	return rows > 0, err
}

// LockedBy implements state.Backend.
func (b *Backend) LockedBy(ctx context.Context) (*state.LockInfo, error) {
	var id string
	var text []byte
	var until *time.Time
	err := again(ctx, func() error {
		return b.pool.QueryRow(ctx, b.sql(`SELECT lock_id, lock_info, lock_until
			FROM %s.states WHERE name = $1 AND lock_id IS NOT NULL AND lock_until > clock_timestamp()`), b.o.Name).Scan(&id, &text, &until)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	info := state.ParseLockInfo(text)
	if info == nil {
		info = state.UnknownLock(id)
	}
	if until != nil {
		info.Until = until.UTC()
	}
	return info, nil
}

// ForceUnlock implements state.Backend.
func (b *Backend) ForceUnlock(ctx context.Context, id string) error {
	there, err := b.free(ctx, id)
	if err == nil && !there {
		return fmt.Errorf("%w under this id: another run has it by now, or it was given back", state.ErrNotLocked)
	}
	return err
}
