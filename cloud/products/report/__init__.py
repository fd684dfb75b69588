"""A report of a data product: one HTML file that needs nothing else."""
