"""From the broker to committed sums: decode, validate, count once, acknowledge."""
