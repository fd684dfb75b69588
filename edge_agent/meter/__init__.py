"""Visits into sums per interval; behind this room nobody knows a face."""

from edge_agent.meter.intervals import Arrivals, Meter, Sighting, Snapshot, View
from edge_agent.meter.tally import Tally
from edge_agent.meter.totals import Totals
from edge_agent.meter.withholding import Told, Withholding

__all__ = [
    "Arrivals",
    "Meter",
    "Sighting",
    "Snapshot",
    "Tally",
    "Told",
    "Totals",
    "View",
    "Withholding",
]
