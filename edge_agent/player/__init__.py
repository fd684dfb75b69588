"""What the screen shows, as the player tells it."""
