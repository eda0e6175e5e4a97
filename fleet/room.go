package fleet

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/time/rate"

	"github.com/usher-cli/usher/config"
)

// Limit gives room for so many requests a second, one after another; nil where it is 0, for no limit.
func Limit(requests int) *rate.Limiter {
	if requests == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(requests), 1)
}

// room holds up the requests of a job: those of its tenant, of which no other job runs meanwhile, and
// those of all tenants of this process.
func (o *Operator) room(t config.FleetTenant) func(ctx context.Context, requests int) error {
	own := Limit(t.Requests)
	if own == nil && o.Room == nil {
		return nil
	}
	return func(ctx context.Context, requests int) error {
		for _, limit := range []*rate.Limiter{own, o.Room} {
			for i := 0; limit != nil && i < requests; i++ {
				if err := limit.Wait(ctx); err != nil { // the job is over, or would be before there is room
					return fmt.Errorf("its requests had to wait for too long: %w", cmp.Or(ctx.Err(), context.DeadlineExceeded))
				}
			}
		}
		return nil
	}
}
