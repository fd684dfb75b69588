"""Training samples: labels, scenes, views and crops, drawn from pictures."""
