"""Local servers and processes for the demonstration and for tests."""
