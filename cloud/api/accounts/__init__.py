"""Routes of accounts, brands, users and sign-in."""
