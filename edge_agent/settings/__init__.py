"""Settings of the agent, read from TOML."""
