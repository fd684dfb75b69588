"""People drawn walking past a screen, with the truth about each of them known."""
