"""Entries in the audit log about what is booked, and the comparison of the tables with them."""
