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

// Served lists the meters that units of a meter serve inside an environment: hosted
// units serve process as well, where the environment lets them.
func Served(meter string, hostedServes bool) []string {
	if meter == Hosted && hostedServes {
		return []string{Hosted, Process}
	}
	return []string{meter}
}

// InDocument reports whether an environment's units of a currency type are
// part of its allocations document, together with rules that others set on
// it, and not of the plain list of numbers. Source: Microsoft's OpenAPI
// description of the Power Platform API, 2024-10-01, allocationsV2.
func InDocument(currency string) bool { return currency == "MCSMessages" || currency == "MCSSessions" }
