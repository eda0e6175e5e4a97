package fleet

import "slices"

// Waiting are the last plans that have something to do, and that no apply has done since.
func Waiting(results []Result) []Result {
	applied := map[string]Result{}
	for _, r := range results {
		if r.Operation == Apply && r.Outcome != Failed {
			applied[r.Tenant] = r
		}
	}
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool {
		last, is := applied[r.Tenant]
		steps := r.Outcome == Found || r.Outcome == Partial && r.steps() > 0
		return r.Operation != Plan || !steps || is && last.Digest == r.Digest && !last.At.Before(r.At)
	})
}

// Approvable are the plans that an approval by causes is about: those that do nothing besides, and
// that the report told of, up to a job. A cause has no amounts and no names, so that a plan that
// was made later can do far more in the same words.
func Approvable(results []Result, causes []string, job int64) []Result {
	return slices.DeleteFunc(Waiting(results), func(r Result) bool {
		if len(r.Causes) == 0 || r.Job > job {
			return true
		}
		for text := range r.Causes {
			if !unread(text) && !slices.Contains(causes, text) {
				return true
			}
		}
		return false
	})
}
