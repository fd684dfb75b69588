"""Alert rules, their evaluation, and notifications."""
