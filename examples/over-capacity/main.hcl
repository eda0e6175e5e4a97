# This configuration is refused: it declares more than there is, in three
# pools, and the plan says for each which number binds and who draws on it.

tenant "sandbox" {
  file = "tenant.json"
}

license "premium" {
  sku = "POWERAUTOMATE_ATTENDED_RPA" # the tenant owns 2
}

license "e3" {
  sku     = "SPE_E3" # the tenant owns 3
  reserve = 1
}

capacity "process" {
  quantity = 4 # less than the 6 that the tenant owns
}

assignment "makers" {
  users = ["ada@contoso.com", "grace@contoso.com", "linus@contoso.com"]

  grant "premium" {}
}

assignment "everyone" {
  users = ["ada@contoso.com", "grace@contoso.com", "linus@contoso.com"]

  grant "e3" {}
}

environment "production" {
  capacity {
    process = 3
  }
}

environment "test" {
  capacity {
    process = 2
  }
}
