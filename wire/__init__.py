"""What crosses the wire between a camera and the cloud, and nothing else."""
