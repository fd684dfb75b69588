"""Models that predict weekly units of products in stores at given prices."""
