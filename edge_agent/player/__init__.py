"""What the screen shows, as reported by its player."""
