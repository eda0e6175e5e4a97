package view

import (
	"cmp"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// mostResults is how many results of one run GitHub keeps. Source: GitHub Docs, "SARIF
// support for code scanning".
const mostResults = 5000

// The parts of SARIF 2.1.0 that usher writes.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Digest  sarifDigest   `json:"properties"`
		Results []sarifResult `json:"results"`
	}
	sarifDigest struct {
		Plan string `json:"digest,omitempty"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		Rule      string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line int `json:"startLine"`
	}
)

// asSARIF makes a result of every note and every step that is shown, at the line that leads to it:
// problems and refusals are errors, warnings and removals warnings, and the others notes.
// Where there are more than a reader keeps, the worst stay.
func asSARIF(out Output, d Document) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "usher", Rules: []sarifRule{}}}, Digest: sarifDigest{safe(d.Digest)},
		Results: []sarifResult{}}
	for _, part := range d.Parts {
		run.add(part)
	}
	worst := map[string]int{"error": 0, "warning": 1, "note": 2}
	slices.SortStableFunc(run.Results, func(a, b sarifResult) int { return cmp.Compare(worst[a.Level], worst[b.Level]) })
	run.Results = run.Results[:min(mostResults, len(run.Results))]
	for _, r := range run.Results {
		if rule := (sarifRule{r.Rule}); !slices.Contains(run.Tool.Driver.Rules, rule) {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		}
	}
	for _, r := range run.Results {
		for i := range r.Locations {
			at := &r.Locations[i].Physical.Artifact
			at.URI = fileURI(filepath.Join(out.Dir, at.URI))
		}
	}
	return JSON(out, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// add adds the results of a part.
//
//	{"ruleId": "shortage", "level": "error", "message": {"text": "SPE_E5 is short by 2: …"},
//	 "locations": [{"physicalLocation": {"artifactLocation": {"uri": "people.hcl"}, "region": {"startLine": 4}}}]}
func (run *sarifRun) add(part Part) {
	found := func(rule, level, text string, at []sarifLocation) {
		run.Results = append(run.Results, sarifResult{rule, level, sarifMessage{safe(text)}, at})
	}
	switch part := part.(type) {
	case Note:
		run.Results = append(run.Results, resultOf(part))
	case Steps:
		for _, r := range part.Rows {
			level := "note"
			if r.Op == ledger.Remove {
				level = "warning"
			}
			found("step", level, r.Op.Sign()+" "+r.Address+"  "+r.Detail, locations(r.Origins))
		}
	case List:
		for _, i := range part.Items {
			if i.Address != "" {
				found("drift", "warning", i.Text, locations(i.Origins))
			}
		}
	case Check:
		if level, bad := map[ledger.Verdict]string{ledger.Unclear: "warning", ledger.Missing: "error"}[part.Verdict]; bad {
			found("check", level, part.sentence(), nil)
		}
	case Outcome:
		switch part.Outcome {
		case ledger.Done:
		case ledger.Pending, "":
			found("run", "note", outcomeText(part), nil)
		default:
			found("run", "error", outcomeText(part), nil)
		}
	}
}

func resultOf(n Note) sarifResult {
	r := sarifResult{Rule: cmp.Or(n.Code, "configuration"), Level: "note", Message: sarifMessage{safe(n.Heading + n.sentence())}}
	switch n.Level {
	case Wrong, Refusal, Unbound:
		r.Level = "error"
	case Warning, Permitted:
		r.Level = "warning"
	}
	for _, line := range n.Lines {
		r.Message.Text += "\n" + safe(line)
	}
	if n.Fix != "" {
		r.Message.Text += "\n" + safe(n.Fix) + "."
	}
	r.Locations = locations(n.Origins)
	for _, s := range n.Sources[:min(mostLocations, len(n.Sources))] {
		r.Locations = append(r.Locations, locationOf(s.File, s.Line))
	}
	return r
}

// mostLocations is how many lines a result has at most: a reader shows one.
const mostLocations = 10

// locations are the first lines of origins.
func locations(origins []ledger.Origin) []sarifLocation {
	var all []sarifLocation
	for _, o := range origins[:min(mostLocations, len(origins))] {
		all = append(all, locationOf(o.File, o.Line))
	}
	return all
}

func locationOf(file string, line int) sarifLocation {
	l := sarifLocation{sarifPhysical{Artifact: sarifArtifact{file}}}
	if line > 0 {
		l.Physical.Region = &sarifRegion{line}
	}
	return l
}

// fileURI is the relative address of a file.
func fileURI(path string) string {
	return (&url.URL{Path: filepath.ToSlash(path)}).String()
}
