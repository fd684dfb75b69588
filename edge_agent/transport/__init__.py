"""The ways from a camera to its cloud."""
