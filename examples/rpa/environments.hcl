environment "production" {
  capacity {
    process        = 0
    unattended_rpa = 0
    hosted_process = 0
  }
}

environment "test" {
  hosted_serves_process = false # hosted units are for hosted machines only

  capacity {
    process        = 3
    unattended_rpa = 1
    hosted_process = 2
  }

  flow "order-intake" {
    plan = "process"
  }

  machine "bot-1" {
    unattended_runs = 2 # one unit for the machine, one for the second run at a time
  }

  machine "bot-2" {
    unattended_runs = 1
  }

  machine_group "hosted" {
    committed_bots = 2
  }
}
