"""`python -m cloud nightly`."""
