package view

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/usher-cli/usher/ledger"
)

// The document of JUnit, as GitLab, Azure Pipelines and Jenkins read it.
type (
	junitSuite struct {
		XMLName  xml.Name       `xml:"testsuite"`
		Name     string         `xml:"name,attr"`
		Tests    int            `xml:"tests,attr"`
		Failures int            `xml:"failures,attr"`
		Digest   *junitProperty `xml:"properties>property"`
		Cases    []junitCase    `xml:"testcase"`

		names map[string]int // by class and name: how often there is one
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// asJUnit makes a case of every step, and of every thing that was found. What forbids
// a plan, what drifted and what failed are failures. Readers drop a second case of the
// same name, so that each has one of its own.
func asJUnit(out Output, d Document) error {
	s := &junitSuite{Name: "usher " + safe(d.Title), names: map[string]int{}}
	if d.Digest != "" {
		s.Digest = &junitProperty{"digest", safe(d.Digest)}
	}
	for _, part := range d.Parts {
		s.addPart(part)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(out)
	enc.Indent("", " ")
	if err := enc.Encode(s); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// addPart adds the cases of a part.
func (s *junitSuite) addPart(part Part) {
	switch part := part.(type) {
	case Note:
		if level := part.Level; level == Wrong || level == Refusal {
			text := part.Heading + part.sentence()
			s.add(level.head().text, text, part.Fix, failed(text, part.Lines...))
		}
	case Steps:
		for _, r := range part.Rows {
			s.add(safe(part.Title), r.Op.Sign()+" "+r.Address, r.Detail, nil)
		}
	case List:
		for _, i := range part.Items {
			if i.Address != "" {
				s.add("drift", i.Address, "", failed(i.Text))
			}
		}
	case Outcome:
		text := outcomeText(part)
		s.add("run", part.Holder, text, failedIf(part.Outcome != ledger.Done, text))
	case Check:
		s.add("checks", part.About, part.Text, failedIf(part.Verdict == ledger.Missing, part.Text+" "+part.Remedy))
	}
}

// add adds a case, under a name that no other case of its class has.
func (s *junitSuite) add(class, name, output string, failure *junitFailure) {
	name = safe(name)
	if s.names[class+"/"+name]++; s.names[class+"/"+name] > 1 {
		name = fmt.Sprintf("%s (%d)", name, s.names[class+"/"+name])
	}
	if s.Tests++; failure != nil {
		s.Failures++
	}
	s.Cases = append(s.Cases, junitCase{class, name, failure, safe(output)})
}

// failed is why a case fails.
func failed(message string, lines ...string) *junitFailure {
	f := &junitFailure{Message: safe(message)}
	for _, line := range lines {
		f.Text += safe(line) + "\n"
	}
	return f
}

func failedIf(is bool, message string) *junitFailure {
	if !is {
		return nil
	}
	return failed(message)
}
