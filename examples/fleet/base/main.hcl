variable "tenant" {
  description = "the name of the customer"
}

variable "seats" {
  description = "how many seats of Premium the customer bought"
}

usher {
  backend "file" {
    path = "states/${var.tenant}.json"
  }
}

tenant "sandbox" {
  file = "../tenants/${var.tenant}.tenant.json"
}

license "premium" {
  sku      = "POWERAUTOMATE_ATTENDED_RPA"
  quantity = var.seats
}

license "e3" {
  sku = "SPE_E3"
}

assignment "makers" {
  users = ["user000001@contoso.com", "user000002@contoso.com", "user000003@contoso.com"]

  grant "premium" {}
}

guard {
  max_losses = 3
}
