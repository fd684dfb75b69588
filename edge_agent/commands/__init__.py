"""Commands of `python -m edge_agent`."""
