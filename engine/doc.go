// Package engine joins the floors below it. It loads a configuration, opens the store
// of its state and its tenant, reads both, plans and applies. Each of these is a value
// that follows from the one before:
//
//	World -> Loaded -> Opened -> Present -> plan.Plan -> ledger.Report
//
// An engine keeps nothing between two runs and shares nothing with another one: many
// tenants can be served in one process at the same time.
//
// It never prints, asks, exits, or knows a flag. What a person should hear while it
// works goes to the functions of its World; texts are untrusted and not escaped.
package engine
