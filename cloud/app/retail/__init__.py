"""Inputs and cached answers of the routes of retail prices."""
