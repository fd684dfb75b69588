"""Commands of `python -m cloud` that belong to no single package."""
