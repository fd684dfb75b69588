"""One evaluation of the estate, and one round of delivery: what `watch` does again and again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from cloud.alerting import notices
from cloud.alerting.dispatcher import Dispatcher
from cloud.alerting.lifecycle import LONGEST_PAUSE, Event, settle
from cloud.alerting.listing import Listed, close_unlisted
from cloud.alerting.notices import GROUP_WITHIN
from cloud.alerting.recipients_file import RecipientsFile
from cloud.database import reading, writing
from cloud.estate_reload import SitesFile
from cloud.windows.baselines import Baselines
from cloud.windows.watch import look


@dataclass
class Evaluator:
    """Follows the sites file and the recipients file; the time comes from the caller."""

    engine: Engine
    sites: SitesFile
    recipients: RecipientsFile
    dispatcher: Dispatcher
    group_within: timedelta = GROUP_WITHIN
    baselines: Baselines = field(default_factory=Baselines)
    longest_pause: timedelta = LONGEST_PAUSE

    def evaluate(self, now: datetime) -> list[Event]:
        """Look once: what has changed is written down together with who is to be told."""
        estate, recipients = self.sites.estate, self.recipients.read()
        listed = Listed.of(estate, now)
        with reading(self.engine) as connection:
            measures = list(
                look(
                    connection,
                    listed.cameras,
                    now,
                    optional=listed.optional,
                    baselines=self.baselines,
                )
            )
        with writing(self.engine) as connection:
            events = close_unlisted(connection, estate, listed, now)
            events += settle(connection, measures, now, longest_pause=self.longest_pause)
            notices.plan(connection, events, recipients, self.group_within)
            notices.give_up_old(connection, now)
        return events

    def deliver(self, now: datetime) -> int:
        """Begin what is due, write down what has ended; waits for no recipient."""
        return self.dispatcher.step(self.recipients.read(), self._names(), now)

    def deliver_all(self, now: datetime) -> int:
        """Deliver what is due at `now`, and wait for it within the deadlines."""
        return self.dispatcher.run_until_idle(self.recipients.read(), self._names(), now)

    def _names(self) -> dict[str, str]:
        return {site.id: site.name for site in self.sites.estate}
