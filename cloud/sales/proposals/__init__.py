"""Offers of priced slots to an account: sales offers, the account accepts or declines."""
