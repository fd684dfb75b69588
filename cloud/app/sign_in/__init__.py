"""Signing in over HTTP: limits, mails with single-use links, and an OpenID provider."""
