"""A hardened Mosquitto: access rules, configuration, and its supervisor."""
