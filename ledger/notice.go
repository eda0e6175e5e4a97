package ledger

// Severity ranks notices.
type Severity string

const (
	// Info tells something worth knowing.
	Info Severity = "info"
	// Warning tells of something that usher did not do, and why.
	Warning Severity = "warning"
	// Error refuses the run.
	Error Severity = "error"
)

// Notice is something that a person should read. Text may quote the tenant
// and is untrusted.
type Notice struct {
	Code     string   `json:"code"` // stable, such as "holder-gone"
	Severity Severity `json:"severity"`
	Address  string   `json:"address,omitempty"`
	Text     string   `json:"text"`
	Fix      string   `json:"fix,omitempty"` // the way out
	Origins  []Origin `json:"origins,omitempty"`
}
