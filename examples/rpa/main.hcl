# Unattended machines and hosted groups: everything runs in test, and no unit is
# free. With changes/environments.hcl it moves to production in one apply.

usher {
  experimental = ["flow_capacity"]
}

tenant "sandbox" {
  file = "robots.tenant.json"
  lag  = "15m" # as the real service: readings are that old at times
}

capacity "process" {
  quantity = 3
}

capacity "unattended_rpa" { # older: one pool with process inside an environment
  quantity = 1
}

capacity "hosted_process" {
  quantity = 2
}

guard {
  max_losses = 10
}
