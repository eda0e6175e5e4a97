usher {
  required_version = ">= 0.1.0"

  backend "file" {
    path = "usher.state.json" # for a team: azblob, http or postgres
  }
}

tenant "microsoft" {
  tenant_id = "TENANT_ID"
}

# What you own. "usher usage" lists the part numbers of your tenant.
license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  unmanaged = "warn" # tell of seats that no file declares, and leave them alone
}

# Those that are to have it. Begin with people that have it already: usher adopts their seats.
assignment "makers" {
  users = []

  grant "premium" {}
}

guard {
  max_losses = 5 # of one run; more is refused
}
