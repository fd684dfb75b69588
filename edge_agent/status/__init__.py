"""Local status of the device: status page, metrics, Home Assistant, watchdog."""
