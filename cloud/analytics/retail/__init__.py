"""Effects of retail prices: experiments by clusters of stores, and the report of decisions."""
