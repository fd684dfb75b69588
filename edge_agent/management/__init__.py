"""What the fleet may change on a camera: its configuration by shadow, its work by jobs."""
