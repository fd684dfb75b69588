"""Play logs of players: formats, rows that are the same for all, and their storage."""
