"""The HTTP server before any route: connections, host names, admission, middleware."""
