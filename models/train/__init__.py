"""Training of the networks, by recipe."""
