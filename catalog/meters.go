package catalog

import "slices"

// Meter is a pool that an environment has: the units that its flows and
// machines draw, and the capacity types whose allocation feeds it.
type Meter struct {
	ID    string // the currency type that gives it its name
	Name  string
	FedBy []string // currency types
}

// Currency types that take part in the arithmetic of environments.
const (
	Process    = "PowerAutomatePerProcess"
	Hosted     = "PAHostedRPA"
	Unattended = "PAUnattendedRPA"
	PerFlow    = "PerFlowPlan"
)

// Meters lists the pools of an environment. Process and the older unattended
// add-on are two pools in the tenant and one in an environment. Source:
// Microsoft Learn, "Process capacity utilization".
func Meters() []Meter {
	return []Meter{
		{Process, "process", []string{Process, Unattended}},
		{Hosted, "hosted_process", []string{Hosted}},
		{PerFlow, "per_flow", []string{PerFlow}},
	}
}

// MeterOf finds the meter that allocations of a currency type feed.
func MeterOf(currency string) (Meter, bool) {
	for _, m := range Meters() {
		if slices.Contains(m.FedBy, currency) {
			return m, true
		}
	}
	return Meter{}, false
}
