"""The same operations on AWS IoT Core."""
