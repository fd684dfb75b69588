"""`python -m cloud trade`."""
