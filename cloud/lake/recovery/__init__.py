"""What an operator decides: lost snapshots are adopted or discarded, damaged files are dropped."""
