"""Remote management of a camera: configuration by device shadow, work by jobs."""
