"""Data products: a folder each, with a definition, contracts and SQL, on tables of the lake."""
