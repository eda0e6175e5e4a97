# A partner with fifty customers, who share one configuration. examples/fleet.sh makes their tenants.

fleet {
  timezone = "Europe/Amsterdam"
  timeout  = "5m"
  owner    = "@licensing"
}

tenant "customer" {
  for_each  = { for customer in csvdecode(file("customers.csv")) : customer.name => customer }
  directory = "base"

  variables = {
    tenant = each.key
    seats  = each.value.seats
  }

  labels = {
    country = each.value.country
    size    = each.value.size
  }
}
