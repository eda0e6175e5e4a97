// Package view shows results: plans, runs, drift, usage, checks and histories. Words
// makes a Page of each: sentences, notes, steps, tables and values, with every text as
// it is. A format lays pages out and escapes them for its medium, in one place: Text
// for terminals and logs, where everything that a tenant or a file brought in passes
// through safe. A Document has, beside its page, the data of its JSON.
//
// In the order of the way that a result takes:
//
//	page.go       what a page consists of
//	plan.go       plans: reasons.go, pools.go, summary.go, refusals.go, guard.go, edits.go
//	run.go        runs, drift and usage
//	notes.go      problems of files, notices and failures
//	history.go    the history; doctor.go checks
//	json.go       the data for machines
//	format.go     the formats, by name
//	text.go       the layout of text; lines.go its lines, safe.go its escapes
//	markdown.go   Markdown, in the chapters.go that are shortened; junit.go, sarif.go and gitlab.go reports
//
// It never decides anything, reads nothing, and has no terminal of its own:
// whoever shows a page says whether there is one, and how wide it is.
package view
