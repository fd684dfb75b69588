"""Device shadows, and the desired config of cameras."""
