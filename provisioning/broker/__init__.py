"""A hardened Mosquitto: its rules, its configuration, the supervisor that keeps it."""
