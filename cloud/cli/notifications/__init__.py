"""Commands of notifications, and work that a program repeats until it is stopped."""
