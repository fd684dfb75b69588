"""HTTP requests with limits, whose errors show no credentials."""
