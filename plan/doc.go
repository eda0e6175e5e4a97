// Package plan decides: it compares what the files want with what the state
// knows and the tenant has, and returns steps, the calls that carry them, an
// order in which they fit, and the account of every pool.
//
// It is pure. It has no context, reads no clock and does no I/O, so the same
// input always gives the same plan, in whatever order the input comes.
//
// The files in the order of the work:
//
//   - plan.go has the input, the plan and the stages; set.go, rows.go, facts.go and
//     table.go walk the three sets side by side and make steps; dates.go, refresh.go and unmanaged.go
//     add the steps that dates, flows and policies ask for.
//   - parts.go makes parts of steps, the smallest pieces that can travel; meters.go books
//     capacity on them; cover.go, seats.go, services.go and continuity.go book seats and
//     service plans, source by source, and tie parts that must follow one another;
//     retries.go finds members for whom the service is asked once more, and stirred.go
//     those whom it tries again as a side effect of a call for their group; by_hand.go
//     marks what a person has to do.
//   - calls.go puts parts into calls; order.go, arrange.go and search.go find an order in
//     which each call fits; gaps.go splits calls where no order exists; pools.go runs the
//     accounts along that order, and purchases.go what is to be bought before.
//   - shortage.go, remedies.go, slips.go, guard.go and expect.go find what a plan is refused for;
//     costs.go and notices.go tell people more; drift.go and edits.go serve other verbs.
//   - undo.go makes the input of a reverse plan; renew.go fits a saved plan to the
//     present; check.go, digest.go and encode.go read and write saved plans.
package plan
