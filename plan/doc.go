// Package plan decides: it compares what the files want with what the state
// knows and the tenant has, and returns steps, the calls that carry them, an
// order in which they fit, and the account of every pool.
//
// It is pure. It has no context, reads no clock and does no I/O, so the same
// input always gives the same plan, in whatever order the input comes.
package plan
