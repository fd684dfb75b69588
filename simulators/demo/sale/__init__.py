"""A sale from the brief to the credit note, each step over the public API."""
