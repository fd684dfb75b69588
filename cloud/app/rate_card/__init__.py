"""Changes of the stored rate cards, for the command line and the API."""
