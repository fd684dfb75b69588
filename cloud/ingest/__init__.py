"""From the broker to committed tallies: decode, judge, count once, acknowledge."""
