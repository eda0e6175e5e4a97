// Package state is what usher knows: which grants are its own, what an
// interrupted run meant to do, and what people vouched for. It is a document,
// its versions, and the stores that keep it.
//
// It never contains a secret, never decides anything, and a store never
// replaces a version that it was not told about.
package state
