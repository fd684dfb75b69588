"""Messages between camera and cloud, and what both sides need to read them."""
