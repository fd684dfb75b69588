"""Files that S3 announces by a queue, loaded as they arrive."""
