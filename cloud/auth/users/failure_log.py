"""Failed sign-ins in the audit log, at a bounded rate.

Anybody can send wrong passwords, and an entry can never be removed. So a process records at most
sixty failures an hour, and the next entry says how many were left out. Counters have all of them.
The address is recorded as its network: enough to recognise an attack, and not one person.
"""

import threading
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Final

from sqlalchemy import Engine

from cloud import database
from cloud.auth import audit
from cloud.auth.quota import Quota, RateMeter
from cloud.auth.users.sign_in import SignInResult

FAILED: Final = "user.sign_in_failed"
RATE: Final = Quota(60, timedelta(hours=1))
UNKNOWN: Final = "unknown"
PREFIX_BITS: Final = {4: 24, 6: 48}


class FailureLog:
    """Records failures of one process."""

    def __init__(self, rate: Quota = RATE) -> None:
        self._rate = rate
        self._meter: RateMeter | None = None
        self._left_out = 0
        self._lock = threading.Lock()

    def record(self, engine: Engine, failure: SignInResult, client: str, now: datetime) -> None:
        """Write an entry, or count the failure for the next entry."""
        with self._lock:
            self._meter = self._meter or RateMeter(now)
            if not self._meter.take(self._rate, now).allowed:
                self._left_out += 1
                return
            left_out, self._left_out = self._left_out, 0
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
