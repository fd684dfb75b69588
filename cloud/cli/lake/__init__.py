"""`python -m cloud lake`."""
