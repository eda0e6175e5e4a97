usher {
  required_version = ">= 0.1.0"

  backend "file" {
    path = "usher.state.json"
  }
}

tenant "sandbox" {
  file = "contoso.tenant.json" # a simulated tenant: nothing here reaches Microsoft
}

license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  unmanaged = "warn" # tell of seats that no file declares
}

assignment "makers" {
  users_file = "makers.csv"

  grant "premium" {}
}

assignment "sales" {
  groups = ["Sales"]

  grant "premium" {}
}

environment "production" {
  capacity {
    process = 4
  }
}

guard {
  max_losses = 5 # of one run; more is refused
}
