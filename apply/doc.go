// Package apply runs the calls of a plan and records what happened.
//
// It starts a call when its takes fit the confirmed headroom, where an
// unknown outcome counts as taken and not as released, and it writes down
// what it is about to add before it adds anything. It never decides what
// should change, and never starts a call that the plan does not have.
package apply
