"""Orders and products as AdCP 3.0 (Ad Context Protocol) describes them."""
