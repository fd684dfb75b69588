"""Activate scheduled retail prices and expire recommendations on a thread of the API.

Twice a minute; several processes may do so at once, each price is activated once.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from cloud import database
from cloud.app.context import AppContext
from cloud.sales.retail.decisions import expire_past
from cloud.sales.retail.hard_rules import HardRuleCheck
from cloud.sales.retail.price_steps import activate_due
from cloud.sales.retail.prices import PriceConflictError

log = logging.getLogger(__name__)
EVERY_S: Final = 30.0


class PriceActivator:
    """Activates until it is stopped."""

    def __init__(self, context: Callable[[], AppContext]) -> None:
        self._context = context
        self._stop = threading.Event()

    def follow(self) -> None:
        """Activate twice a minute until `stop`."""
        while not self._stop.wait(EVERY_S):
            self.activate_once()

    def activate_once(self) -> None:
        """Activate what is due; a failure is logged, and the next turn tries again."""
        context = self._context()
        now = context.clock()
        try:
            with database.writing(context.engine) as connection:
                done = activate_due(connection, HardRuleCheck(now), now)
                expired = expire_past(connection, now)
        except (DBAPIError, PriceConflictError) as error:
            log.warning("retail.not_activated", extra={"error": type(error).__name__})
            return
        counts = {
            "active": len(done.active), "blocked": len(done.blocked), "ended": len(done.ended),
            "expired": expired,
        }  # fmt: skip
        if any(counts.values()):
            log.info("retail.activated", extra=counts)

    def stop(self) -> None:
        """End `follow` after the present turn."""
        self._stop.set()
