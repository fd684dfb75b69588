"""Orders of advertisers and their lines."""
