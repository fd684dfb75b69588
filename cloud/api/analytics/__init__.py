"""Analyses: `/api/analytics`, saved views and scheduled reports."""
