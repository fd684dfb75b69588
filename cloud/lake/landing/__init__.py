"""The landing zone: rows as they were received."""
