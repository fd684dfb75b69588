"""Commands for accounts and users."""
