package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

type tracer struct {
	tell func(statement string) (ended func(error))
}

type endedKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (t tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, endedKey{}, t.tell(q.SQL))
}

// TraceQueryEnd implements pgx.QueryTracer.
func (tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryEndData) {
	if ended, ok := ctx.Value(endedKey{}).(func(error)); ok {
		ended(q.Err)
	}
}
