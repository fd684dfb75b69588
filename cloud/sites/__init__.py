"""The sites file: locations, screens and cameras, read again when the file changes."""
