"""Routes of retail prices."""
