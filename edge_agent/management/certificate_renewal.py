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

from edge_agent.enrolment.procedure import ENROLMENT_ERRORS, renew
from edge_agent.identity.certificates import read_certificate
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.folder import IdentityFolder
from edge_agent.management.job_runner import BackgroundTask
from edge_agent.management.mqtt_rpc import RpcLink
from edge_agent.transport.broker import LinkError

log = logging.getLogger(__name__)

CHECK_INTERVAL_S: Final = 3_600.0
EARLIEST_LIFETIME_RATIO: Final = 1 / 2
LATEST_LIFETIME_RATIO: Final = 1 / 3


class CertificateRenewal:
    """Watches over one camera's certificate."""

    def __init__(
        self, folder: IdentityFolder, line: RpcLink, clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._line = line
        self._clock = clock
        self._share = random.uniform(LATEST_LIFETIME_RATIO, EARLIEST_LIFETIME_RATIO)  # noqa: S311  a spread
        self._look_s = 0.0
        self._work: BackgroundTask[datetime] | None = None

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Nothing that the fleet says concerns it."""

    def pump(self, now_s: float) -> None:
        """Look once an hour; renew what is due, beside everything else."""
        if self._work is not None:
            self._settle(self._work)
        elif now_s >= self._look_s:
            self._look_s = now_s + CHECK_INTERVAL_S
            if self._is_due():
                self._work = BackgroundTask(lambda: renew(self._folder, self._clock))

    def _settle(self, work: BackgroundTask[datetime]) -> None:
        try:
            ends_at = work.result()
        except (*ENROLMENT_ERRORS, LinkError, OSError) as error:
            self._work = None
            log.warning("certificate.not_renewed", extra={"reason": str(error)})
            return
        if ends_at is not None:
            self._work = None
            self._line.reload_certificate()
            log.info("certificate.renewed", extra={"until": ends_at.isoformat()})

    def _is_due(self) -> bool:
        try:
            shown = read_certificate(self._folder.pair)
        except IdentityError as error:
            log.error("certificate.unreadable", extra={"reason": str(error)})
            return False
        lifetime = shown.not_valid_after_utc - shown.not_valid_before_utc
        return self._clock() >= shown.not_valid_after_utc - lifetime * self._share
