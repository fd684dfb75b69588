"""Billing as an application has it."""
