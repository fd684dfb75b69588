"""Commands about prices of shops."""
