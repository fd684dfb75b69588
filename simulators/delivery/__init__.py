"""Delivery of simulated reports to a broker, with acknowledgements."""
