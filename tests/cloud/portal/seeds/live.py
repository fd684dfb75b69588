"""The last hour of the live page: measured now, stopped twenty minutes ago, never measured.

And users of Acme: Eve, with a link to choose a first password, and Fay, who changes hers.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from cloud import database
from cloud.auth.accounts.account_store import require_account
from cloud.auth.users.tokens import TokenPurpose, issue_token
from tests.cloud.people import add_user

MINUTE_S = 60
CROWDS = {"KX-01": 7, "LB-01": 4, "OX-01": 11, "WA-01": 5}
"""People in view, on average."""
STOPPED = {"WA-01": 20}
"""Minutes since the last report."""


def seed(engine: Engine, now: datetime) -> dict[str, str]:
    """Store the minutes and the token; the address of the link is returned."""
    with database.writing(engine) as connection:
        connection.execute(database.minute_tallies.insert(), list(_minutes(now)))
        acme = require_account(connection, "acme")
        user = add_user(connection, acme, "eve", now, password_hash=None)
        token = issue_token(connection, user.id, TokenPurpose.INVITATION, now)
        changing = add_user(connection, acme, "fay", now)
    return {"invitation": token, "invited": user.email, "changing": changing.email}


def _minutes(now: datetime) -> Iterator[dict[str, Any]]:
    newest = int(now.timestamp()) // MINUTE_S * MINUTE_S
    for location, crowd in CROWDS.items():
        for age in range(STOPPED.get(location, 0), 70):
            entries = crowd + (age * 7) % 5
            yield {
                "location": location, "device": f"{location.lower()}-cam-1", "reports": 6,
                "minute_at": newest - age * MINUTE_S, "interval_ms": 60_000, "observed_ms": 58_000,
                "person_ms": 58_000 * crowd, "entries": entries, "visits": entries,
                "onlookers": entries // 4, "looking_ms": entries * 900, "dwell_ms": entries * 9_000,
            }  # fmt: skip
