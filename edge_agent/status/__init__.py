"""What the device says of itself on its own network: a page, figures, a pulse."""
