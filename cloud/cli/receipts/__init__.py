"""`python -m cloud receipts`: signed receipts, their log and their verification."""
