"""Results that SQL cannot compute, declared in `analyses/NAME.yaml` of a product."""
