"""Windows of event time as exact sums of minutes, and what is unusual in them."""
