package view

import "fmt"

// Build is the document of version -json: what a program was built from, as far as it
// was built in a repository.
type Build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // files were other than in the commit
	Go       string `json:"go,omitempty"`
	OS       string `json:"os,omitempty"`
	Arch     string `json:"arch,omitempty"`
}

// Version tells the version, and the commit where one is known.
//
//	usher v0.1.0
//	commit 1f2e3d… of 2026-11-30T02:00:00Z
func Version(b Build) Document {
	p := Page{Title: "Version"}
	p.say("usher v%s", b.Version)
	if b.Commit != "" {
		modified := ""
		if b.Modified {
			modified = ", with changes"
		}
		p.add(Sentence(fmt.Sprintf("commit %s of %s%s", b.Commit, b.Date, modified)))
	}
	return Document{p, b}
}
