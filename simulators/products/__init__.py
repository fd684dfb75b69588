"""Files for data products, with figures that are known."""
