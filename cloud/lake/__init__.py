"""The data lake: immutable Parquet files by day, listed by a manifest in the product's database."""
