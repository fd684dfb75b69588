"""`python -m cloud products`."""
