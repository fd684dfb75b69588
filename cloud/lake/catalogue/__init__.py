"""The catalogue: static pages that describe the tables of the lake, and their lineage as events."""
