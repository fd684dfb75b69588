"""Evaluate the rules and store what they find; a rule that fails stops no other."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cloud.database import EPOCH, writing
from cloud.notifications.event_store import delete_old_events, store_events
from cloud.notifications.rules.all_rules import FREQUENT, HOURLY, NoticeRule
from cloud.sites.reload import SitesFile

log = logging.getLogger(__name__)
HOUR: Final = timedelta(hours=1)


@dataclass
class EventFinder:
    """Follows the sites file; the time comes from the caller."""

    engine: Engine
    sites_file: SitesFile
    frequent: tuple[NoticeRule, ...] = FREQUENT
    hourly: tuple[NoticeRule, ...] = HOURLY
    _hour: int = field(default=-1)

    def find(self, now: datetime) -> int:
        """Evaluate what is due; returns how many new events there are."""
        hour = (now - EPOCH) // HOUR
        if hour == self._hour:
            return sum(self._evaluate(rule, now) for rule in self.frequent)
        with writing(self.engine) as connection:
            delete_old_events(connection, now)
        found = sum(self._evaluate(rule, now) for rule in self.frequent + self.hourly)
        self._hour = hour
        return found

    def _evaluate(self, rule: NoticeRule, now: datetime) -> int:
        """One rule, in a transaction of its own."""
        try:
            with writing(self.engine) as connection:
                events = store_events(connection, rule(connection, self.sites_file.sites, now), now)
        except DBAPIError:
            raise
        except Exception:
            log.exception("notices.rule_failed", extra={"rule": rule.__name__})
            return 0
        for event in events:
            log.info("notices.event", extra={"kind": event.kind, "about": event.subject})
        return len(events)
