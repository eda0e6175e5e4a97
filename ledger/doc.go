// Package ledger is usher's vocabulary: items, holders, grants, pools, steps
// and calls, and the arithmetic of units. Everything that crosses from one
// package to another is one of these plain values.
//
// It knows no file, no network and no clock, never formats for people beyond
// an address, and imports only the standard library.
package ledger
