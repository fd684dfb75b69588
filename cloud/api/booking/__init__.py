"""Routes of avails, quotes, holds, blackouts and products."""
