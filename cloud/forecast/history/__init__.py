"""Observed hours of a site: cameras combined, outliers excluded, laid on the local clock."""
