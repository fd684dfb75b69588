"""Key figures of data products, declared in YAML and computed from rows in memory."""
