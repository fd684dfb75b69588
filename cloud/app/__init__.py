"""What every request shares: the application context, caches, the broadcaster, middleware."""
