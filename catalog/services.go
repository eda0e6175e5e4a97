package catalog

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

// plansOf names the service plans that give each service. A plan that only adds
// to a service, such as an archive for a mailbox or Office for the web, gives
// nothing by itself and is not here. Source: Microsoft's "Product names and service plan
// identifiers for licensing".
func plansOf() map[Service][]string {
	return map[Service][]string{
		Mailbox: {
			"EXCHANGE_S_STANDARD", "EXCHANGE_S_STANDARD_GOV", "EXCHANGE_S_STANDARD_MIDMARKET", "EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_ENTERPRISE_GOV",
			"EXCHANGE_S_DESKLESS", "EXCHANGE_S_DESKLESS_GOV", "EXCHANGE_S_ESSENTIALS", "EXCHANGE_L_STANDARD", "EXCHANGE_B_STANDARD",
		},
		OneDrive: {
			"SHAREPOINTSTANDARD", "SHAREPOINTSTANDARD_EDU", "SHAREPOINTSTANDARD_GOV", "SHAREPOINTENTERPRISE", "SHAREPOINTENTERPRISE_EDU",
			"SHAREPOINTENTERPRISE_GOV", "SHAREPOINTENTERPRISE_MIDMARKET", "SHAREPOINTDESKLESS", "SHAREPOINTDESKLESS_GOV",
			"SHAREPOINTLITE", "SHAREPOINT_S_DEVELOPER",
			"ONEDRIVESTANDARD", "ONEDRIVESTANDARD_GOV", "ONEDRIVEENTERPRISE", "ONEDRIVEENTERPRISE_GOV", "ONEDRIVE_BASIC",
			"ONEDRIVE_BASIC_GOV", "ONEDRIVE_BASIC_P2",
		},
		Dataverse: {
			"CDS_ATTENDED_RPA", "CDS_ATTENDED_RPA_GCC", "CDS_UNATTENDED_RPA", "CDS_UNATTENDED_RPA_GCC",
			"CDS_FLOW_BUSINESS_PROCESS", "CDS_FLOW_BUSINESS_PROCESS_GCC",
			"CDS_O365_P1", "CDS_O365_P1_GCC", "CDS_O365_P2", "CDS_O365_P2_GCC", "CDS_O365_P3", "CDS_O365_P3_GCC",
			"CDS_PER_APP", "CDS_PER_APP_GCC", "CDS_PER_APP_IWTRIAL",
			"CDS_VIRTUAL_AGENT_BASE", "CDS_VIRTUAL_AGENT_BASE_GOV", "CDS_VIRTUAL_AGENT_USL", "CDS_VIRTUAL_AGENT_USL_GCC",
			"CDS_VIRTUAL_AGENT_USL_GOV",
			"CDS_ POWERAPPS_PER_APP_CUSTOM_GCC", "CDS_ POWERAPPS_PER_APP_CUSTOM_NEW", "CDS_ POWERAPPS_PER_USER_CUSTOM",
			"DATAVERSE_FOR_POWER_AUTOMATE_PER_PROCESS", "DATAVERSE_POWERAPPS_PER_APP_NEW", "DYN365_CDS_CCI_BOTS",
			"DYN365_CDS_O365_P1", "DYN365_CDS_O365_P2", "DYN365_CDS_O365_P3",
			"DYN365_CDS_O365_P2_GCC", "DYN365_CDS_P1", "DYN365_CDS_P1_GOV", "DYN365_CDS_P2", "DYN365_CDS_P2_GOV",
		},
		PowerAutomate: {
			"FLOW_P1", "FLOW_P1_GOV", "FLOW_P2", "FLOW_P2_GOV", "FLOW_PER_USER", "FLOW_PER_USER_GCC", "FLOW_DYN_APPS",
			"FLOW_DYN_APPS_GOV", "FLOW_DYN_P2", "FLOW_DYN_P2_GOV",
			"FLOW_DYN_TEAM", "FLOW_DYN_TEAM_GOV", "FLOW_BUSINESS_PROCESS", "FLOW_BUSINESS_PROCESS_GCC",
			"POWER_AUTOMATE_ATTENDED_RPA", "POWER_AUTOMATE_ATTENDED_RPA_GCC", "POWER_AUTOMATE_UNATTENDED_RPA", "POWER_AUTOMATE_UNATTENDED_RPA_GCC",
		},
	}
}

// Services returns the service that each service plan gives, by the plan's name
// in upper case. Plans that give none of the services are not in it.
func Services() map[string]Service {
	services := map[string]Service{}
	for service, plans := range plansOf() {
		for _, plan := range plans {
			services[plan] = service
		}
	}
	return services
}

// Consequence is what follows when somebody loses the last plan of a service,
// and after how many days. Sources: Microsoft Learn, "Remove licenses from
// users" (mailboxes are kept 30 days), "Manage unlicensed OneDrive user
// accounts" (read-only after 60 days, archived after 93), and "Power Automate
// licensing FAQ" (flows without a license are turned off after 14 days).
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
