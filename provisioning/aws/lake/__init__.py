"""The data lake on AWS: zones, keys, roles, tables, the nightly run and what monitors them."""
