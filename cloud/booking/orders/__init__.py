"""Orders that are placed here: their lines, states, approvals, changes and cancellations."""
