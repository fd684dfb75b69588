"""Privacy: egress filter, suppression of small groups, pixelation."""
