package view

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// The document of JUnit, as GitLab, Azure Pipelines and Jenkins read it.
type (
	junitSuite struct {
		XMLName  xml.Name       `xml:"testsuite"`
		Name     string         `xml:"name,attr"`
		Tests    int            `xml:"tests,attr"`
		Failures int            `xml:"failures,attr"`
		Skipped  int            `xml:"skipped,attr"`
		Digest   *junitProperty `xml:"properties>property"`
		Cases    []junitCase    `xml:"testcase"`

		names map[string]bool // by class and name
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure"`
		Skipped *junitSkipped `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// asJUnit makes a case of every step that is shown, and of every thing that was found. What
// forbids a plan, what could not be read, what drifted and what failed are failures. Readers
// drop a second case of the same name, so that each has one of its own.
func asJUnit(out Output, d Document) error {
	s := &junitSuite{Name: "usher " + safe(d.Title), names: map[string]bool{}}
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
		s.addNote(part)
	case Steps:
		for _, r := range part.Rows {
			s.add(safe(part.Title), r.Op.Sign()+" "+r.Address, junitCase{Output: r.Detail})
		}
	case List:
		for _, i := range part.Items {
			if i.Address != "" {
				s.add("drift", i.Address, junitCase{Failure: failed(i.Text)})
			}
		}
	case Outcome:
		s.addOutcome(part)
	case Check:
		c := junitCase{Output: part.Text}
		if part.Verdict == ledger.Missing {
			c.Failure = failed(part.Text + " " + part.Remedy)
		}
		s.add("checks", part.About, c)
	}
}

// addNote adds a case for what forbids something, for what could not be read, and for a
// warning, which fails nothing.
func (s *junitSuite) addNote(n Note) {
	text := n.Heading + n.sentence()
	switch {
	case n.Level == Wrong, n.Level == Refusal, n.Level == Unbound, n.Code == unread:
		s.add(n.Level.head().text, text, junitCase{Output: n.Fix, Failure: failed(text, n.Lines...)})
	case n.Level == Warning:
		s.add(n.Level.head().text, text, junitCase{Output: n.Fix})
	}
}

// addOutcome adds a case for a call. What others have to finish is skipped.
func (s *junitSuite) addOutcome(o Outcome) {
	text := outcomeText(o)
	c := junitCase{Output: text}
	switch o.Outcome {
	case ledger.Done:
	case ledger.Pending, "":
		c.Skipped = &junitSkipped{safe(text)}
	default:
		c.Failure = failed(text)
	}
	name := o.Holder
	for _, a := range o.Acts {
		name += " " + a.Op.Sign() + " " + a.Text
	}
	s.add("run", strings.TrimSpace(name), c)
}

// add adds a case, under a name that no other case of its class has.
//
//	<testcase classname="license &quot;e5&quot; (SPE_E5)" name="+ user/ada@contoso.com:SPE_E5"></testcase>
func (s *junitSuite) add(class, name string, c junitCase) {
	c.Class, c.Name, c.Output = class, safe(name), safe(c.Output)
	for n := 2; s.names[class+"/"+c.Name]; n++ {
		c.Name = fmt.Sprintf("%s (%d)", safe(name), n)
	}
	s.names[class+"/"+c.Name] = true
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// failed is why a case fails.
func failed(message string, lines ...string) *junitFailure {
	f := &junitFailure{Message: safe(message)}
	for _, line := range lines {
		f.Text += safe(line) + "\n"
	}
	return f
}
