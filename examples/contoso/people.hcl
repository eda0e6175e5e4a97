locals {
  leads = ["ada.lovelace@contoso.com", "grace.novak@contoso.com", "linus.hamilton@contoso.com", "edsger.shannon@contoso.com"]
}

variable "apps_for" {
  description = "Teams whose leads build apps."
  default     = ["engineering"]
}

assignment "office" {
  users_file = "office.csv"

  grant "e3" {}
}

assignment "engineering" {
  users_file = "engineering.csv"

  grant "e5" {}
}

assignment "makers" {
  users_file = "makers.csv"

  grant "premium" {}
}

assignment "finance" {
  users = [
    "sophie.backus@contoso.com",
    "bjarne.keller@contoso.com",
    "ada.jansen@contoso.com",
    "grace.ritchie@contoso.com",
    "linus.goldberg@contoso.com",
    "edsger.naur@contoso.com",
    "barbara.lovelace@contoso.com",
    "donald.novak@contoso.com",
    "radia.hamilton@contoso.com",
    "ken.shannon@contoso.com",
    "frances.wilson@contoso.com",
    "dennis.knuth@contoso.com",
  ]

  grant "premium" {
    disabled_plans = ["CDS_ATTENDED_RPA"] # no Dataverse for finance
  }
}

assignment "leads" {
  for_each = toset(var.apps_for)
  users    = local.leads

  grant "apps" {}
}

# Whoever joins the group gets a seat; nobody edits a file for that.
assignment "app_makers" {
  groups = ["App makers"]

  grant "apps" {}
}

# Here until the summer after next; the plan says two weeks before what goes.
assignment "auditors" {
  users = ["niklaus.hopper@contoso.com"]
  until = "2031-08-31"

  grant "premium" {
    disabled_plans = ["CDS_ATTENDED_RPA"]
  }
}
