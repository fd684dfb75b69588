"""What keeps people's faces and small groups on the camera: a gate, a threshold, a mosaic."""
