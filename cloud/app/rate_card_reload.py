"""The rate card and the sites file in force in this process.

Every second each process reads the new entries of the audit log, with or without Redis; a new
generation of `change_log` invalidates cached prices. A card takes effect at least five seconds
after it was stored, so every process that has read it since changes at the same instant by its own
clock, between two requests and never within one. A process without its database continues with the
state that it read last, and is not ready. A changed sites file replaces the context and its caches;
an invalid file changes nothing.
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
from cloud.pricing.rate_card import RateCard
from cloud.sales.rate_cards import ScheduledCard, read_scheduled_cards
from cloud.sites.reload import SitesFile

log = logging.getLogger(__name__)
CHECK_EVERY_S: Final = 1.0
MIN_LEAD: Final = timedelta(seconds=5)
"""The least time from storing a card to its taking effect."""
CARD_IN_FORCE: Final = "rate_card.in_force"


Schedule = tuple[tuple[datetime, AppContext], ...]
"""The contexts with the instants at which they take effect; the first is in force now."""


def get_context(connection: HTTPConnection) -> AppContext:
    """The context in force; call once per request, so that the request has one rate card."""
    reloader: ContextReloader = connection.app.state.reloader
    return reloader.context


class ContextReloader:
    """Holds the context with the rate card in force; if `pinned`, always with the first card.

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

    @property
    def first_card(self) -> RateCard:
        """The card that applies where none is stored."""
        return self._first.card

    @property
    def is_pinned(self) -> bool:
        """Whether stored cards are ignored here."""
        return self._pinned

    def refresh(self) -> None:
        """Read the changes since the last call."""
        with database.reading(self._first.engine) as connection:
            self._first.change_log.read(connection)
            self._has_cards_to_read |= self._cards.read(connection)
            if self._has_cards_to_read and not self._pinned:
                self._plan(read_scheduled_cards(connection))
            self._has_cards_to_read = False
        self._note()

    def follow(self, stop: threading.Event) -> None:
        """Refresh every second until `stop` is set."""
        while not stop.wait(CHECK_EVERY_S):
            try:
                self.reload()
                self.refresh()
            except DBAPIError as error:
                if not self._is_lost:
                    log.warning("news.lost", extra={"error": type(error).__name__})
                self._is_lost = True
            except Exception:  # every price depends on this thread: it must continue
                log.exception("news.fault")
            else:
                self._is_lost = False

    def reload(self) -> None:
        """Apply a new version of the sites file."""
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
        """Schedule the context in force now, and those that take effect later."""
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
        """Record the card in the audit log once it is in force; drop earlier contexts."""
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
    """Record the rate card in the audit log unless it was the last one in force."""
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
