package ledger

// Tally counts how calls ended.
type Tally struct {
	Done, Failed, Unknown, Skipped, All int
	Recorded                            int // adoptions and forgets, which make no call
}

// Add counts one more.
func (t *Tally) Add(o Outcome) {
	switch o {
	case Done:
		t.Done++
	case Failed:
		t.Failed++
	case Unknown:
		t.Unknown++
	case Skipped:
		t.Skipped++
	}
}

// Report is what a run did.
type Report struct {
	Tally
	Results     []Result // of the calls that did not succeed
	Interrupted bool
}

// Complete reports whether everything was done.
func (r *Report) Complete() bool { return r.Done == r.All }
