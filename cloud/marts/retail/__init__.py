"""Marts of shops: weekly sales and point-in-time features, by SKU and store."""
