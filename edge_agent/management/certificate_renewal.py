"""A certificate renews itself long before it runs out: nobody visits a camera for that.

It begins when between a half and a third of the lifetime is left, another share for each process,
so that cameras enrolled on one day do not all come to the desk in one hour. What fails is tried
again every hour for as long as the old certificate stands.
"""

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from edge_agent.enrolment.procedure import REFUSALS, renew
from edge_agent.identity.certificates import certificate_in
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.job_runner import Apart
from edge_agent.management.mqtt_rpc import Line
from edge_agent.transport.broker import LinkError

log = logging.getLogger(__name__)

EVERY_S: Final = 3_600.0
EARLIEST_SHARE: Final = 1 / 2
LATEST_SHARE: Final = 1 / 3


class Lifetime:
    """Watches over one camera's certificate."""

    def __init__(self, folder: IdentityFolder, line: Line, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._line = line
        self._clock = clock
        self._share = random.uniform(LATEST_SHARE, EARLIEST_SHARE)  # noqa: S311  a spread
        self._look_s = 0.0
        self._work: Apart[datetime] | None = None

    def hear(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Nothing that the fleet says concerns it."""

    def pump(self, now_s: float) -> None:
        """Look once an hour; renew what is due, beside everything else."""
        if self._work is not None:
            self._settle(self._work)
        elif now_s >= self._look_s:
            self._look_s = now_s + EVERY_S
            if self._is_due():
                self._work = Apart(lambda: renew(self._folder, self._clock))

    def _settle(self, work: Apart[datetime]) -> None:
        try:
            ends_at = work.result()
        except (*REFUSALS, LinkError, OSError) as error:
            self._work = None
            log.warning("certificate.not_renewed", extra={"reason": str(error)})
            return
        if ends_at is not None:
            self._work = None
            self._line.renewed()
            log.info("certificate.renewed", extra={"until": ends_at.isoformat()})

    def _is_due(self) -> bool:
        try:
            shown = certificate_in(self._folder.pair)
        except IdentityError as error:
            log.error("certificate.unreadable", extra={"reason": str(error)})
            return False
        lifetime = shown.not_valid_after_utc - shown.not_valid_before_utc
        return self._clock() >= shown.not_valid_after_utc - lifetime * self._share
