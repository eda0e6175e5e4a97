package catalog

// CapacityType is one kind of units that an environment can be given.
type CapacityType struct {
	Name  string // as configurations write it
	ID    string // the Power Platform's currency type
	Title string // as the admin centre says it
	Unit  string // what one unit is
	Note  string // an end of sale, with its date
	Next  string // the name of its successor
}

// capacityTypes lists the types that the service is known to accept. Source:
// Microsoft's OpenAPI description of the Power Platform API, 2024-10-01,
// ExternalCurrencyType; the titles are the admin centre's.
func capacityTypes() []CapacityType {
	return []CapacityType{
		{"process", "PowerAutomatePerProcess", "Power Automate Process", "process or unattended bot", "", ""},
		{"hosted_process", "PAHostedRPA", "Power Automate Hosted Process", "hosted machine and bot", "", ""},
		{
			"unattended_rpa",
			"PAUnattendedRPA",
			"Power Automate unattended RPA add-on",
			"unattended bot",
			"legacy: no longer sold since 2023-08",
			"process",
		},
		{"per_flow", "PerFlowPlan", "Power Automate per flow plan", "flow", "off the price list since 2024-02-01", "process"},
		{"process_mining", "ProcessMiningDataStorage", "Process Mining data", "MB", "", ""},
		{"ai_builder", "AI", "AI Builder credits", "credit", "add-ons are not renewed and seeded credits ended on 2026-11-01", "copilot_credits"},
		{"copilot_credits", "MCSMessages", "Copilot credits", "credit", "", ""},
		{"copilot_sessions", "MCSSessions", "Copilot Studio sessions", "session", "", ""},
		{"virtual_agent_sessions", "VAConversations", "Power Virtual Agents sessions", "session", "legacy", "copilot_credits"},
		{"app_passes", "AppPass", "Power Apps per app passes", "pass", "off the price lists since 2026-01-02", ""},
		{"app_passes_teams", "AppPassForTeams", "Power Apps per app passes for Teams", "pass", "", ""},
		{"portal_logins", "PortalLogins", "Portal logins", "login", "", ""},
		{"portal_views", "PortalViews", "Portal page views", "view", "", ""},
		{"portal_addons", "PortalAddOns", "Portal add-ons", "portal", "", ""},
		{"pages_authenticated", "PowerPagesAuthenticated", "Power Pages authenticated users", "user", "", ""},
		{"pages_anonymous", "PowerPagesAnonymous", "Power Pages anonymous users", "user", "", ""},
		{"invoices", "Invoice", "Invoice capture", "invoice", "", ""},
		{"security_copilot", "SCMessages", "Security Copilot units", "unit", "", ""},
	}
}

// storageTypes are capacities that the tenant has and nobody can allocate.
func storageTypes() []string { return []string{"database", "file", "log", "storage"} }
