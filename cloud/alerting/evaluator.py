"""One evaluation of the alert rules and one round of delivery, which `alerts run` repeats."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
            for read in self.sources:
                measures += read(connection, sites, now)
        with writing(self.engine) as connection:
            events = close_unlisted_alerts(connection, sites, listed, now)
            events += apply_measures(connection, measures, now, longest_pause=self.longest_pause)
            notifications.plan_notifications(connection, events, recipients, self.group_within)
            notifications.give_up_old(connection, now)
        return events

    def deliver(self, now: datetime) -> int:
        """Start due deliveries and record finished ones, without waiting."""
        return self.dispatcher.step(self.recipients.read(), self._names(), now)

    def deliver_all(self, now: datetime) -> int:
        """Deliver what is due at `now`, and wait for it within the deadlines."""
        return self.dispatcher.run_until_idle(self.recipients.read(), self._names(), now)

    def _names(self) -> dict[str, str]:
        return {site.id: site.name for site in self.sites_file.sites}
