"""A plausible history of many cameras, written straight into the raw zone of a lake."""
