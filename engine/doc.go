// Package engine joins the floors below it. It loads a configuration, opens the store
// of its state and its tenant, reads both, plans and applies. Each of these is a value
// that follows from the one before:
//
//	World -> Loaded -> Opened -> Present -> plan.Plan -> ledger.Report
//
// Many tenants can be served in one process at the same time: an engine has no state of
// its own. A process that lives long should know the exceptions. The bounds of a
// configuration are measured for the whole process, a configuration beyond them leaves
// work behind, and the store postgres keeps its connections. Serve hostile configurations
// in processes of their own.
//
// A secret of the environment goes only where the environment says: see secretFor for
// stores. Endpoints of a tenant are checked in config, and Dataverse addresses in tenant.
//
// It never prints, asks, exits, or parses a flag; its messages name the commands and
// flags of usher. What a person should hear while it works goes to the functions of its
// World; texts are untrusted and not escaped.
package engine
