"""Sweep expired holds on a thread of the API, every half minute."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from cloud.app.context import AppContext
from cloud.booking.sweep import sweep

log = logging.getLogger(__name__)
EVERY_S: Final = 30.0


class HoldSweeper:
    """Sweeps until it is stopped; several processes may do so at once."""

    def __init__(self, context: Callable[[], AppContext]) -> None:
        self._context = context
        self._stop = threading.Event()

    def follow(self) -> None:
        """Sweep every half minute until `stop`."""
        while not self._stop.wait(EVERY_S):
            self.sweep_once()

    def sweep_once(self) -> None:
        """Sweep; a failure of the database is logged, and the next sweep tries again."""
        context = self._context()
        try:
            swept = sweep(context.engine, context.clock())
        except DBAPIError as error:
            log.warning("holds.not_swept", extra={"error": type(error).__name__})
        else:
            if swept:
                context.booking_cache.clear()
                log.info("holds.expired", extra={"lines": swept})

    def stop(self) -> None:
        """End `follow` after the present sweep."""
        self._stop.set()
