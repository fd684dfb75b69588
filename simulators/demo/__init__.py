"""The demonstration: all programs on one machine, a measured audience, a price, and a sale."""
