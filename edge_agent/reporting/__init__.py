"""Reports, heartbeats and alarms of one camera."""
