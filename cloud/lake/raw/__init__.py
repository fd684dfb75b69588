"""The raw zone: typed columns of the rows that can be read."""
