"""A billing document as PDF and as e-invoice."""
