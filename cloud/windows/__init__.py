"""Windows of event time as exact sums of minutes."""
