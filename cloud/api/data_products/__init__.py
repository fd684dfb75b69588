"""Data products over HTTP: what there is, results, key figures, uploads."""
