//go:build !nofleet

package main

import "testing"

// TestFleet tells the stories of fleets, which take the database of the queue.
func TestFleet(t *testing.T) {
	tellStories(t, "testdata/fleet")
}
