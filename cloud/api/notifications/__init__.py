"""Routes of notifications: preferences, the unsubscribe page, and saved briefs."""
