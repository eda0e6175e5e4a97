environment "production" {
  capacity {
    process        = 8
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
    process = 1
  }
}

environment "development" {
  capacity {
    ai_builder = 5000
  }
}
