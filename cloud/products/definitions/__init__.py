"""What a data product declares in its `product.yaml`."""
