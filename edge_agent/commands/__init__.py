"""The commands of `python -m edge_agent`."""
