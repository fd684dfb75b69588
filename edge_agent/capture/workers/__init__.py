"""Live cameras read by worker processes."""
