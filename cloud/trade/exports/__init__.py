"""Files for players of other makers."""
