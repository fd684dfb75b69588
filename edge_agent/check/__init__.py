"""What a run needs, checked one by one without changing anything."""
