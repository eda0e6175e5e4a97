package catalog

import "strings"

// Service is what a service plan gives a person, where losing the last plan
// of its kind costs more than a feature.
type Service string

const (
	// Mailbox is a mailbox of Exchange Online.
	Mailbox Service = "mailbox"
	// OneDrive is the personal storage that comes with SharePoint plans.
	OneDrive Service = "OneDrive"
	// Dataverse is the access to data of Power Platform environments.
	Dataverse Service = "Dataverse"
	// PowerAutomate is the right to run premium flows.
	PowerAutomate Service = "Power Automate"
)

// ServiceOf sorts a service plan by its name. Source: the names of Microsoft's
// list of service plan identifiers.
func ServiceOf(plan string) (Service, bool) {
	switch p := strings.ToUpper(plan); {
	case strings.HasPrefix(p, "EXCHANGE_S_FOUNDATION"), strings.Contains(p, "_VIRAL"), strings.HasPrefix(p, "FLOW_O365"):
		return "", false
	case strings.HasPrefix(p, "EXCHANGE_"):
		return Mailbox, true
	case strings.HasPrefix(p, "SHAREPOINT") || strings.HasPrefix(p, "ONEDRIVE"):
		return OneDrive, true
	case strings.HasPrefix(p, "DYN365_CDS"), strings.HasPrefix(p, "CDS_"), strings.HasPrefix(p, "DATAVERSE_"):
		return Dataverse, true
	case strings.HasPrefix(p, "FLOW_"), strings.HasPrefix(p, "POWER_AUTOMATE_"):
		return PowerAutomate, true
	}
	return "", false
}

// Consequence is what follows when somebody loses the last plan of a service,
// and after how many days. Sources: Microsoft Learn, "Remove licenses from
// users" (mailboxes are kept 30 days), "Manage unlicensed OneDrive user
// accounts" (read-only after 60 days, archived after 93), and "Power Automate
// licensing FAQ" (flows without a licence are turned off after 14 days).
func (s Service) Consequence() (what string, days int) {
	switch s {
	case Mailbox:
		return "the mailbox is deleted", 30
	case OneDrive:
		return "OneDrive becomes read-only", 60
	case PowerAutomate:
		return "premium flows of their own are turned off", 14
	}
	return "access to Dataverse ends", 0
}
