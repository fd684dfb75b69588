"""Renews the certificate of a camera before it expires, without a visit.

Renewal starts when between half and a third of the lifetime is left. Each process draws its own
share, so that cameras enrolled on one day do not all renew in one hour. A failed renewal is tried
again every hour until the old certificate expires.
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
    """Renews one camera's certificate when it is due."""

    def __init__(
        self, folder: IdentityFolder, link: RpcLink, clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._link = link
        self._clock = clock
        self._lifetime_ratio = random.uniform(LATEST_LIFETIME_RATIO, EARLIEST_LIFETIME_RATIO)  # noqa: S311  spreads renewals
        self._next_check_s = 0.0
        self._renewal: BackgroundTask[datetime] | None = None

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Receives no messages."""

    def pump(self, now_s: float) -> None:
        """Check once an hour; renew a due certificate in a background thread."""
        if self._renewal is not None:
            self._finish(self._renewal)
        elif now_s >= self._next_check_s:
            self._next_check_s = now_s + CHECK_INTERVAL_S
            if self._is_due():
                self._renewal = BackgroundTask(lambda: renew(self._folder, self._clock))

    def _finish(self, renewal: BackgroundTask[datetime]) -> None:
        try:
            ends_at = renewal.result()
        except (*ENROLMENT_ERRORS, LinkError, OSError) as error:
            self._renewal = None
            log.warning("certificate.not_renewed", extra={"reason": str(error)})
            return
        if ends_at is not None:
            self._renewal = None
            self._link.reload_certificate()
            log.info("certificate.renewed", extra={"until": ends_at.isoformat()})

    def _is_due(self) -> bool:
        try:
            certificate = read_certificate(self._folder.pair)
        except IdentityError as error:
            log.error("certificate.unreadable", extra={"reason": str(error)})
            return False
        lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        return self._clock() >= certificate.not_valid_after_utc - lifetime * self._lifetime_ratio
