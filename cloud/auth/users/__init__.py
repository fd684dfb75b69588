"""People who sign in: their passwords, sessions, roles and single-use tokens."""
