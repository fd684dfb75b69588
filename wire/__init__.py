"""Messages between camera and cloud, and the code that both sides need to read them."""
