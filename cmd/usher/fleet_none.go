//go:build nofleet

package main

import "github.com/spf13/cobra"

// fleetCommands are none in a program that is built without them, as for the tests of all others:
// their database takes as long to compile as everything else of usher.
func fleetCommands(*app) []*cobra.Command { return nil }
