"""What the rows of a table look like, and rules that its contract could have."""
