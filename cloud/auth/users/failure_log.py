"""Failed sign-ins in the audit log, at a bounded rate.

Anybody can send wrong passwords, and an entry can never be removed. So a process records at most
sixty failures an hour, and the next entry says how many were left out. Counters have all of them.
The address is recorded as its network: enough to recognise an attack, and not one person.
"""

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.auth import audit
from cloud.auth.entry_budget import EntryBudget
from cloud.auth.quota import Quota
from cloud.auth.users.sign_in import SignInResult

FAILED: Final = "user.sign_in_failed"
RATE: Final = Quota(60, timedelta(hours=1))
UNKNOWN: Final = "unknown"
PREFIX_BITS: Final = {4: 24, 6: 48}


class FailureLog:
    """Records failures of one process."""

    def __init__(self, rate: Quota = RATE) -> None:
        self._budget = EntryBudget(rate)

    def record(self, engine: Engine, failure: SignInResult, client: str, now: datetime) -> None:
        """Write an entry, or count the failure for the next entry."""
        left_out = self._budget.take(now)
        if left_out is None:
            return
        details = {"reason": failure.outcome, "network": network_of(client), "left_out": left_out}
        with database.writing(engine) as connection:
            audit.record_change(
                connection, at=now, actor="sign-in", action=FAILED,
                about=failure.user or UNKNOWN, details=details,
            )  # fmt: skip


def network_of(client: str) -> str:
    """The network of an address: 192.0.2.0/24, or 2001:db8::/48."""
    try:
        whole = ip_network(client)
    except ValueError:
        return UNKNOWN
    return str(whole.supernet(new_prefix=PREFIX_BITS[whole.version]))
