"""Orders with the context of the application: terms, payments, creatives, and the sweeper."""
