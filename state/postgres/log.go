package postgres

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-cli/usher/state"
)

// Log implements state.Backend.
func (b *Backend) Log(ctx context.Context, after state.Mark) ([][]byte, state.Mark, error) {
	var lines [][]byte
	var line []byte
	var seq, first int64
	err := again(ctx, func() error {
		lines, seq, first = nil, 0, 0
		rows, err := b.pool.Query(
			ctx,
			b.sql(`SELECT seq, line FROM %s.history WHERE name = $1 AND seq >= $2 ORDER BY seq`),
			b.o.Name,
			after.Lines,
		)
		if err == nil {
			_, err = pgx.ForEachRow(rows, []any{&seq, &line}, func() error {
				if len(lines) == 0 {
					first = seq
				}
				lines = append(lines, bytes.Clone(line))
				return nil
			})
		}
		return err
	})
	if err != nil {
		return nil, after, explain(err)
	}
	if after.Lines > 0 { // the line before the mark shows that all is there
		if len(lines) == 0 || first != after.Lines {
			return b.Log(ctx, state.Mark{})
		}
		lines = lines[1:]
	}
	end := after.Add(lines)
	end.Lines = max(seq, end.Lines)
	return lines, end, nil
}

// Append implements state.Backend.
func (b *Backend) Append(ctx context.Context, at state.Mark, lines [][]byte) (state.Mark, error) {
	seqs := make([]int64, len(lines))
	for i := range lines {
		seqs[i] = at.Lines + int64(i) + 1
	}
	_, err := b.pool.Exec(
		ctx,
		b.sql(`INSERT INTO %[1]s.history (name, seq, line) SELECT $1, seq, line FROM unnest($2::bigint[], $3::bytea[]) AS new (seq, line)`),
		b.o.Name,
		seqs,
		lines,
	)
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "23505" {
		return at, state.ErrMoved
	}
	if err != nil {
		return at, explain(err)
	}
	return at.Add(lines), nil
}
