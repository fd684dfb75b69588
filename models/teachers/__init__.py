"""Public networks that label training pictures; not part of the product."""
