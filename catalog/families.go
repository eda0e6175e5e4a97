package catalog

import "strings"

// Family is the word that the admin centre uses for the application of a service plan,
// and "" where this usher does not know it. It only makes a name readable: nothing is
// decided by it.
func Family(plan string) string {
	name := strings.ToUpper(plan)
	for _, f := range families() {
		if strings.HasPrefix(name, f.prefix) {
			return f.word
		}
	}
	return ""
}

type family struct{ prefix, word string }

func families() []family {
	return []family{
		{"TEAMS", "Teams"},
		{"EXCHANGE_S_FOUNDATION", ""}, // part of nearly every product, and no mailbox
		{"EXCHANGE_", "Exchange"},
		{"SHAREPOINTWAC", "Office for the web"},
		{"SHAREPOINT", "SharePoint"},
		{"ONEDRIVE", "OneDrive"},
		{"OFFICESUBSCRIPTION", "Office apps"},
		{"FLOW_", "Power Automate"},
		{"POWER_AUTOMATE_", "Power Automate"},
		{"POWERAPPS_", "Power Apps"},
		{"CDS_", "Dataverse"},
		{"DYN365_CDS_", "Dataverse"},
		{"DATAVERSE_", "Dataverse"},
		{"INTUNE_", "Intune"},
		{"AAD_PREMIUM", "Entra ID"},
		{"YAMMER_", "Viva Engage"},
	}
}
