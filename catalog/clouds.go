package catalog

import "slices"

// Cloud is one of Microsoft's clouds: where its services answer, and what their
// tokens are for. Addresses have no slash at their end; a scope is written as
// the login service wants it.
type Cloud struct {
	Name          string // as a configuration writes it
	Login         string
	Assertion     string // audience of the assertions of federated identities
	Graph         string
	PowerPlatform string
	Admin         string   // the older administration API of the Power Platform
	AdminScopes   []string // of that API, to be tried in this order
	Purchase      string   // the purchase service; "" where the cloud has none
	Dataverse     []string // what hosts of Dataverse organisations end in
	Blob          string   // what hosts of storage accounts end in
}

// PurchaseScope is the scope of the purchase service, which is known by its application id only.
const PurchaseScope = "aeb86249-8ea3-49e2-900b-54cc8e308f85/.default"

// Clouds are all of them, the public one first.
//
// Sources: Graph and login hosts from "National cloud deployments" of the
// Microsoft Graph documentation; Power Platform hosts and scopes from Microsoft's
// Terraform provider for the Power Platform (which gives two hosts for GCC High:
// this is the one that Microsoft's samples use, too); the first scopes of the administration
// API of GCC and GCC High from Microsoft's powerplatform-licensing-samples, which differ from
// those of the provider; Dataverse hosts from
// "Discover user organizations" of the Dataverse documentation; storage hosts
// from "Storage account overview" of the Azure documentation and its pages for
// the national clouds.
func Clouds() []Cloud {
	return []Cloud{
		{
			Name: "public", Login: "https://login.microsoftonline.com", Assertion: "api://AzureADTokenExchange",
			Graph: "https://graph.microsoft.com", PowerPlatform: "https://api.powerplatform.com",
			Admin: "https://api.bap.microsoft.com", AdminScopes: []string{"https://service.powerapps.com/.default"},
			Purchase: "https://licensing.m365.microsoft.com", Dataverse: []string{".dynamics.com"}, Blob: ".blob.core.windows.net",
		},
		{
			Name: "usgov", Login: "https://login.microsoftonline.com", Assertion: "api://AzureADTokenExchange",
			Graph: "https://graph.microsoft.com", PowerPlatform: "https://api.gov.powerplatform.microsoft.us",
			Admin: "https://gov.api.bap.microsoft.us", AdminScopes: []string{
				"https://gov.service.powerapps.us/.default", "https://service.powerapps.us/.default",
			},
			Dataverse: []string{".crm9.dynamics.com"}, Blob: ".blob.core.windows.net",
		},
		{
			Name: "usgov_high", Login: "https://login.microsoftonline.us", Assertion: "api://AzureADTokenExchangeUSGov",
			Graph: "https://graph.microsoft.us", PowerPlatform: "https://api.high.powerplatform.microsoft.us",
			Admin: "https://high.api.bap.microsoft.us", AdminScopes: []string{
				"https://high.service.powerapps.us/.default", "https://high.service.apps.appsplatform.us/.default",
			},
			Dataverse: []string{".microsoftdynamics.us"}, Blob: ".blob.core.usgovcloudapi.net",
		},
		{
			Name: "usgov_dod", Login: "https://login.microsoftonline.us", Assertion: "api://AzureADTokenExchangeUSGov",
			Graph: "https://dod-graph.microsoft.us", PowerPlatform: "https://api.appsplatform.us",
			Admin: "https://api.bap.appsplatform.us", AdminScopes: []string{"https://service.apps.appsplatform.us/.default"},
			Dataverse: []string{".appsplatform.us"}, Blob: ".blob.core.usgovcloudapi.net",
		},
		{
			Name: "china", Login: "https://login.chinacloudapi.cn", Assertion: "api://AzureADTokenExchangeChina",
			Graph: "https://microsoftgraph.chinacloudapi.cn", PowerPlatform: "https://api.powerplatform.partner.microsoftonline.cn",
			Admin: "https://api.bap.partner.microsoftonline.cn", AdminScopes: []string{"https://service.powerapps.cn/.default"},
			Dataverse: []string{".dynamics.cn"}, Blob: ".blob.core.chinacloudapi.cn",
		},
	}
}

// CloudNames lists what a configuration can call a cloud.
func CloudNames() []string {
	var names []string
	for _, c := range Clouds() {
		names = append(names, c.Name)
	}
	return names
}

// CloudNamed finds a cloud.
func CloudNamed(name string) (Cloud, bool) {
	at := slices.IndexFunc(Clouds(), func(c Cloud) bool { return c.Name == name })
	if at < 0 {
		return Cloud{}, false
	}
	return Clouds()[at], true
}
