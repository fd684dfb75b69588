"""A payment provider for tests and the demo, which speaks a part of the API of Stripe."""
