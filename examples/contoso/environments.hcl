environment "production" {
  capacity {
    process        = 6
    hosted_process = 1
  }

  flow "invoice-intake" {
    plan = "process" # anyone may run it now, whatever their license
  }

  machine "rpa-01" {
    unattended_runs = 1
  }

  machine_group "night-shift" {
    committed_bots = 1
  }
}

environment "acceptance" {
  capacity {
    process = 2
  }
}

environment "test" {
  capacity {
    process = 3
  }
}

environment "development" {
  capacity {
    copilot_credits = 5000
  }
}
