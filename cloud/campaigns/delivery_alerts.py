"""The source of measures for the alert rule of under-delivery, evaluated once an hour.

The program that evaluates alerts imports forecasts only when a line is in its flight: they are slow
to load, and it is to end within seconds.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from cloud.alerting.rules import Measure
from cloud.campaigns.booked_hours import find_lines_at
from cloud.database import EPOCH
from cloud.sites.sites import Sites

if TYPE_CHECKING:
    from cloud.campaigns.usual_audience import ForecastOf

HOUR: Final = timedelta(hours=1)
CLEARED_AFTER: Final = timedelta(days=1)
"""How long after its flight a line has a measure of zero, which clears its alert."""


@dataclass
class DeliveryMeasures:
    """A source of measures for the evaluator; remembers those of the present hour."""

    forecast_of: "ForecastOf | None" = None
    _hour: int = -1
    _measures: list[Measure] = field(default_factory=list)

    def __call__(self, connection: Connection, sites: Sites, now: datetime) -> list[Measure]:
        """The measures of all lines in their flight, as of the last full hour."""
        hour = (now - EPOCH) // HOUR
        if hour != self._hour:
            self._measures = self._read(connection, sites, EPOCH + hour * HOUR)
            self._hour = hour
        return self._measures

    def _read(self, connection: Connection, sites: Sites, at: datetime) -> list[Measure]:
        every = {site.id for site in sites}
        ids = find_lines_at(connection, sites, every, at - CLEARED_AFTER - HOUR, at)
        if not ids:
            return []
        from cloud.campaigns.line_measures import measure_lines  # slow to import

        return list(measure_lines(connection, sites, ids, at, self.forecast_of))
