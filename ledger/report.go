package ledger

// Tally counts how calls ended.
type Tally struct {
	Done     int `json:"done"`
	Failed   int `json:"failed"`
	Unknown  int `json:"unknown"`
	Pending  int `json:"pending"`
	Skipped  int `json:"skipped"`
	All      int `json:"all"`
	Recorded int `json:"recorded"` // steps that make no call: adopted and forgotten ones
	Unfit    int `json:"unfit"`    // members of groups for whom a call that is done failed
	// Adopted and Forgotten are the parts of Recorded.
	Adopted   int `json:"adopted,omitempty"`
	Forgotten int `json:"forgotten,omitempty"`
}

// Record counts the steps that make no call.
func (t *Tally) Record(steps []Step) {
	for _, s := range steps {
		t.Recorded++
		if s.Op == Adopt {
			t.Adopted++
		} else {
			t.Forgotten++
		}
	}
}

// Add counts one more.
func (t *Tally) Add(r Result) {
	t.Unfit += len(r.Unfit)
	switch r.Outcome {
	case Done:
		t.Done++
	case Failed:
		t.Failed++
	case Unknown:
		t.Unknown++
	case Pending:
		t.Pending++
	case Skipped:
		t.Skipped++
	}
}

// Report is what a run did.
type Report struct {
	Tally
	Results     []Result // of the calls that did not simply succeed
	Interrupted bool
}

// Complete reports whether everything was done.
func (r *Report) Complete() bool { return r.Done == r.All && r.Unfit == 0 }

// Waiting reports whether what is left is only for people or for the tenant
// to finish.
func (r *Report) Waiting() bool { return r.Done+r.Pending == r.All && r.Unfit == 0 && r.Pending > 0 }

// Check is one thing that an identity needs, and whether it has it. Texts are
// untrusted.
type Check struct {
	Verdict Verdict `json:"verdict"`
	About   string  `json:"about"`
	Text    string  `json:"text,omitempty"`
	Remedy  string  `json:"remedy,omitempty"`
}

// Verdict is how a check ended.
type Verdict string

const (
	// Fine means that it is there.
	Fine Verdict = "fine"
	// Unclear means that nothing harmless tells, or that it is more than needed.
	Unclear Verdict = "unclear"
	// Optional means that it is not there, and that nothing but comfort depends on it.
	Optional Verdict = "optional"
	// Missing means that it is not there.
	Missing Verdict = "missing"
)
