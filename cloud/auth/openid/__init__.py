"""Signing in with an OpenID provider: the request, the verified token, and its user."""
