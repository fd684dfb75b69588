"""What is measured beside the camera: light, and whatever a file, an address or a chip tells."""
