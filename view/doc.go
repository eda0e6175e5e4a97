// Package view shows things: plans, runs, drift and usage, as text for people
// and as JSON for machines. It is the only place that formats, and everything
// that a tenant or a file brought in passes through Safe on its way out.
//
// It never decides anything, reads nothing, and has no terminal of its own:
// whoever makes a Printer says whether there is one.
package view
