usher {
  required_version = ">= 0.1.0"
  timezone         = "Europe/Amsterdam"
  experimental     = ["flow_capacity"] # usher itself sets the units of flows and machines

  backend "file" {
    path = "usher.state.json"
  }
}

tenant "sandbox" {
  file = "contoso.tenant.json"
}

license "e3" {
  sku      = "SPE_E3"
  quantity = 235
  reserve  = 5 # for whoever starts tomorrow
}

license "e5" {
  sku = "SPE_E5"
}

license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  quantity  = 80
  unmanaged = "warn" # say who has one without being declared
}

license "apps" {
  sku = "Power Apps Premium" # a product name will do where it means one SKU
}

license "flow_free" {
  sku       = "FLOW_FREE" # free: 10,000 units, people sign up by themselves
  unmanaged = "ignore"
}

license "apps_trial" {
  sku       = "POWERAPPS_VIRAL"
  unmanaged = "ignore"
}

capacity "process" {
  quantity = 12
}

guard {
  max_losses = 10
  protect    = ["user/frances.knuth@contoso.com"]
}
