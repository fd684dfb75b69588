"""`invoices` and `payments` of the command line."""
