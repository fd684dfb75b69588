"""The state of retail prices: recommendations to decide on, approved prices, and experiments."""
