environment "production" {
  capacity {
    process        = 6
    hosted_process = 1
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
    ai_builder = 5000
  }
}
