package view

import (
	"fmt"

	"github.com/usher-cli/usher/ledger"
)

// recorded says what a step that makes no request writes to the state.
//
// "Already" tells that nobody gains or loses anything by the step.
func recorded(s shownStep) string {
	switch {
	case s.Op == ledger.Adopt && s.Before == nil:
		return "is there already: adopt"
	case s.Op == ledger.Adopt && s.Match != nil && s.Before.Equal(*s.After):
		return "is found by attributes now: note it"
	case s.Op == ledger.Adopt:
		return "is done already: adopt"
	case s.Item.Kind == ledger.Setting:
		return "is let go, and stays " + s.Before.Policy
	case s.Kept:
		return "is let go, and stays as it is"
	default:
		return "is gone already: forget"
	}
}

// reasons says why a step is there, and what else its call does.
//
// They stand behind the change, separated by commas, the cause first and the consequences
// last: "its last day has passed, takes it from 3 people, the mailbox is deleted on …".
func (w Words) reasons(s shownStep) []string {
	var parts []string
	switch {
	case s.partner != "" && s.Op == ledger.Add:
		parts = append(parts, "moves from "+s.partner)
	case s.partner != "":
		parts = append(parts, "moves to "+s.partner)
	}
	if text := cause(s); text != "" {
		parts = append(parts, text)
	}
	if s.Because != "" {
		parts = append(parts, "because "+w.attributes(s.Because))
	}
	parts = append(parts, circumstances(s)...)
	if s.Reduced > 0 && s.Holder.Kind == ledger.User {
		parts = append(parts, "another source gives it without "+w.servicePlanNames(s.Loses))
	} else if s.Reduced > 0 {
		parts = append(parts, fmt.Sprintf("%s keep it by another source, without %s", people(s.Reduced), w.servicePlanNames(s.Loses)))
	}
	for _, c := range s.Costs {
		text := fmt.Sprintf("%s on %s", c.What, c.Day)
		if c.People > 0 {
			text += " for " + people(c.People)
		}
		parts = append(parts, text)
	}
	if s.AskedBy != nil && s.Why == ledger.Declared && s.partner == "" {
		parts = append(parts, s.AskedBy.String()+" asked for it")
	}
	return parts
}

// attributes are those of a person, where everybody may read them: one can be a job title that only
// one person has.
func (w Words) attributes(text string) string {
	if w.Private {
		return "of the directory"
	}
	return text
}

// cause says why a step is there, where its line does not.
func cause(s shownStep) string {
	switch {
	case s.Why == ledger.Drift:
		return "somebody changed it"
	case s.Why == ledger.Unmanaged:
		return "no file declares it"
	case s.Why == ledger.Expired:
		if s.LastDay != "" {
			return "its last day, " + s.LastDay + ", has passed"
		}
		return "its last day has passed"
	case s.Op == ledger.Remove && s.Kept && s.Holder.Kind == ledger.User:
		return "another source still gives it"
	case len(s.Was) > 0:
		return "the base asks for it at " + lines(s.Was)
	}
	return ""
}

// circumstances says whom a step reaches, and what it waits for.
//
// A group's numbers count people, and not members: who has the license from somewhere else
// neither gains a seat nor loses one.
func circumstances(s shownStep) []string {
	var parts []string
	switch {
	case s.Holder.Kind != ledger.Group:
	case s.Op == ledger.Add:
		parts = append(parts, fmt.Sprintf("gives %s a seat", people(s.People)))
	case s.Op == ledger.Remove && s.People == 0 && s.Reduced == 0:
		parts = append(parts, "every member keeps it by another source")
	case s.Op == ledger.Remove && s.People > 0:
		parts = append(parts, fmt.Sprintf("takes it from %s", people(s.People)))
	}
	switch {
	case s.call.Manual != "":
		parts = append(parts, "by hand")
	case s.call.Waits != "":
		parts = append(parts, "waits for "+s.call.Waits)
	case s.call.Location != "" && s.Op == ledger.Add:
		parts = append(parts, "sets the usage location to "+s.call.Location+" first")
	case s.call.Gap && s.Op == ledger.Remove:
		parts = append(parts, "is without it for a moment")
	}
	return parts
}

// turned says why a flow is turned off and on.
func turned(why ledger.Why) string {
	if why == ledger.Unfinished {
		return "is turned off and on once more: an earlier run did not finish that"
	}
	return "is turned off and on, so that it notices the license of its owner"
}
