"""What is in force now, as this process has heard: the rate card that holds, and the sites file.

Hard truths. Every second each process reads in the audit log what was changed since it last
looked, with or without a Redis; remembered prices end with the generation that `change_log` reads
there. A card is put for a moment at least five seconds ahead, so every process that has looked
since then changes at that very moment, by its own clock, between two requests and never within one.
A process that has lost the database goes on with what it knew and is not ready. A changed sites
file replaces the context, with nothing remembered of the old one; a broken file changes nothing.
"""

import getpass
import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError
from starlette.requests import HTTPConnection

from cloud import database
from cloud.app.change_log import CARD_PUT, ChangeLog
from cloud.app.context import AppContext, ForecastCache, new_response_cache
from cloud.auth import audit
from cloud.database import EPOCH
from cloud.sales.rate_cards import ScheduledCard, read_scheduled_cards
from cloud.sites.reload import SitesFile

log = logging.getLogger(__name__)
CHECK_EVERY_S: Final = 1.0
MIN_LEAD: Final = timedelta(seconds=5)
"""The least time from putting a card to its being in force."""
CARD_IN_FORCE: Final = "rate_card.in_force"


Schedule = tuple[tuple[datetime, AppContext], ...]
"""From when on which context is open, the first of them now."""


def get_context(connection: HTTPConnection) -> AppContext:
    """The context that a request comes to; ask once in a request, so that it has one rate card."""
    reloader: ContextReloader = connection.app.state.reloader
    return reloader.context


class ContextReloader:
    """The context with the card that holds, one after another; `pinned` to the card it began with.

    With `sites_file` it follows the sites file.
    """

    def __init__(
        self, context: AppContext, *, pinned: bool = False, sites_file: SitesFile | None = None
    ) -> None:
        self._first = context
        self._sites_file = sites_file
        self._pinned = pinned
        self._schedule: Schedule = ((EPOCH, context),)
        self._contexts: dict[int, AppContext] = {}
        self._cards = ChangeLog(CARD_PUT)
        self._has_cards_to_read = False
        self._noted: str | None = None
        self._is_lost = False

    @property
    def context(self) -> AppContext:
        """The context as of now; no I/O."""
        schedule = self._schedule
        if len(schedule) == 1:
            return schedule[0][1]
        return _open(schedule, self._first.clock())

    def refresh(self) -> None:
        """Hear what has been changed since the last look."""
        with database.reading(self._first.engine) as connection:
            self._first.change_log.read(connection)
            self._has_cards_to_read |= self._cards.read(connection)
            if self._has_cards_to_read and not self._pinned:
                self._plan(read_scheduled_cards(connection))
            self._has_cards_to_read = False
        self._note()

    def follow(self, stop: threading.Event) -> None:
        """Look every second until `stop`."""
        while not stop.wait(CHECK_EVERY_S):
            try:
                self.reload()
                self.refresh()
            except DBAPIError as error:
                if not self._is_lost:
                    log.warning("news.lost", extra={"error": type(error).__name__})
                self._is_lost = True
            except Exception:  # nothing may end the thread that every price depends on
                log.exception("news.fault")
            else:
                self._is_lost = False

    def reload(self) -> None:
        """Take over a new version of the sites file."""
        if self._sites_file is None or (sites := self._sites_file.sites) is self._first.sites:
            return
        forecast_cache, response_cache = ForecastCache(), new_response_cache()

        def over(context: AppContext) -> AppContext:
            return replace(
                context, sites=sites, forecast_cache=forecast_cache, response_cache=response_cache
            )

        self._first = over(self._first)
        self._contexts = {number: over(context) for number, context in self._contexts.items()}
        self._schedule = tuple((at, over(context)) for at, context in self._schedule)

    def _plan(self, put: Sequence[ScheduledCard]) -> None:
        """Which context is open from when on: the one that is now, and those that will be."""
        now = self._first.clock()
        known = {
            one.number: self._contexts.get(one.number) or replace(self._first, card=one.card)
            for one in put
        }
        past = [
            (EPOCH, self._first),
            *((EPOCH, known[one.number]) for one in put if one.from_at <= now),
        ]
        coming = [(one.from_at, known[one.number]) for one in put if one.from_at > now]
        self._schedule = (past[-1], *coming)
        self._contexts = known

    def _note(self) -> None:
        """Enter the card in the log of changes once it holds; drop those that are over."""
        now = self._first.clock()
        context = _open(self._schedule, now)
        coming = tuple(one for one in self._schedule if one[0] > now)
        self._schedule = ((EPOCH, context), *coming)
        if self._noted != context.card_digest:
            record_rate_card(context, by=getpass.getuser())
            self._noted = context.card_digest


def _open(schedule: Schedule, now: datetime) -> AppContext:
    return next((context for at, context in reversed(schedule) if at <= now), schedule[0][1])


def record_rate_card(context: AppContext, *, by: str) -> None:
    """Enter the rate card in the audit log when it is not the one that was last in force."""
    noted = {"version": context.card.version, "digest": context.card_digest}
    with database.writing(context.engine) as connection:
        audit.lock_log(connection)
        if audit.read_latest_details(connection, CARD_IN_FORCE) != noted:
            audit.record_change(
                connection,
                at=context.clock(),
                actor=by,
                action=CARD_IN_FORCE,
                about=context.card.version,
                details=noted,
            )
