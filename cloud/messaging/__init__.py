"""Calls to other systems that end in time: HTTP, SMTP and Amazon SNS."""
