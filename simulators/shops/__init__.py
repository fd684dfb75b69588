"""A chain of shops with known elasticities, competitors, promotions, stock and costs."""
