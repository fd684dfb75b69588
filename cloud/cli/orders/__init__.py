"""`python -m cloud orders`: orders of files, and orders that are placed here."""
