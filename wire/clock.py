"""The system clock. Only entry points call it; other code takes `now` or a `clock` argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)
