"""Sources of frames: live streams, attached cameras, recordings."""
