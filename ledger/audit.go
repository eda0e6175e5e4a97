package ledger

import "time"

// Audit is an entry of the log of the directory: somebody gave a person a license, took it
// away, or switched service plans of it. Names are untrusted.
type Audit struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`            // a user principal name, or the name of an application
	ByID   string    `json:"by_id"`         // of the account: two applications can have one name
	App    bool      `json:"app,omitempty"` // By is an application
	Person string    `json:"person"`        // id
	Item   string    `json:"item"`          // id
	Op     Op        `json:"op"`            // Add, Remove or Change
}
