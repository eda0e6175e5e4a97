// Package fleet works on many tenants: it puts one job a tenant into a queue, works on the jobs,
// and keeps what came of them.
//
// The queue is River on PostgreSQL, or on SQLite for one machine. A job is a run of the engine. An
// apply holds the lock of the tenant's own state, so that two never change a tenant at once, whoever
// started them; jobs that only look wait while it is held. A worker that is killed leaves a job that
// is taken up again, as any run.
//
// It never decides what to do in a tenant: that is the plan's, and what may be applied is the
// approval's. Nothing of one tenant reaches the environment, the log or the result of another.
package fleet
