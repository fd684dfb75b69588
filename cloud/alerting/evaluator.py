"""One evaluation of the alert rules and one round of delivery, which `alerts run` repeats.

The measures of cameras are read together: an error in them ends the evaluation, and the next one
tries again. Each other source is read on a connection of its own: an error in it is logged and
counted, its alerts stay as they are, and all other rules are evaluated.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import Counter
from sqlalchemy import Connection, Engine

from cloud.alerting import notifications
from cloud.alerting.baselines import Baselines
from cloud.alerting.lifecycle import LONGEST_PAUSE, AlertEvent, apply_measures
from cloud.alerting.listed_cameras import ListedCameras, close_unlisted_alerts
from cloud.alerting.measures import read_measures
from cloud.alerting.notifications import GROUP_WITHIN
from cloud.alerting.notifier import Notifier
from cloud.alerting.recipients_file import RecipientsFile
from cloud.alerting.rules import Measure
from cloud.database import reading, writing
from cloud.sites.reload import SitesFile
from cloud.sites.sites import Sites

log = logging.getLogger(__name__)

FAILED_SOURCES = Counter(
    "onlooker_alerts_failed_sources", "Sources of measures that could not be read", ["source"]
)
MeasureSource = Callable[[Connection, Sites, datetime], Iterable[Measure]]


@dataclass
class Evaluator:
    """Follows the sites file and the recipients file; the time comes from the caller."""

    engine: Engine
    sites_file: SitesFile
    recipients: RecipientsFile
    dispatcher: Notifier
    group_within: timedelta = GROUP_WITHIN
    baselines: Baselines = field(default_factory=Baselines)
    longest_pause: timedelta = LONGEST_PAUSE
    sources: Sequence[MeasureSource] = ()
    """Measures of packages above this one, such as those of campaigns."""
    failed: tuple[str, ...] = ()
    """The sources that could not be read in the latest evaluation."""

    def evaluate(self, now: datetime) -> list[AlertEvent]:
        """Evaluate once: changes and their notifications are stored in one transaction."""
        sites, recipients = self.sites_file.sites, self.recipients.read()
        listed = ListedCameras.of(sites, now)
        with reading(self.engine) as connection:
            measures = list(
                read_measures(
                    connection,
                    listed.cameras,
                    now,
                    optional=listed.optional,
                    baselines=self.baselines,
                )
            )
        measures += self._read_sources(sites, now)
        with writing(self.engine) as connection:
            events = close_unlisted_alerts(connection, sites, listed, now)
            events += apply_measures(connection, measures, now, longest_pause=self.longest_pause)
            notifications.plan_notifications(connection, events, recipients, self.group_within)
            notifications.give_up_old(connection, now)
        return events

    def _read_sources(self, sites: Sites, now: datetime) -> list[Measure]:
        measures: list[Measure] = []
        failed = []
        for read in self.sources:
            try:
                with reading(self.engine) as connection:
                    measures += list(read(connection, sites, now))
            except Exception:
                failed.append(_name_source(read))
                FAILED_SOURCES.labels(failed[-1]).inc()
                log.exception("alerts.source_failed", extra={"source": failed[-1]})
        self.failed = tuple(failed)
        return measures

    def deliver(self, now: datetime) -> int:
        """Start due deliveries and record finished ones, without waiting."""
        return self.dispatcher.step(self.recipients.read(), self._names(), now)

    def deliver_all(self, now: datetime) -> int:
        """Deliver what is due at `now`, and wait for it within the deadlines."""
        return self.dispatcher.run_until_idle(self.recipients.read(), self._names(), now)

    def _names(self) -> dict[str, str]:
        return {site.id: site.name for site in self.sites_file.sites}


def _name_source(read: MeasureSource) -> str:
    return getattr(read, "__name__", type(read).__name__)
