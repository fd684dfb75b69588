"""The comparison of the tables of campaigns with the audit log."""
