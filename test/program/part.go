//go:build nofleet

package program

// Tags are those that this test was built with.
const Tags = "nofleet"
