"""The plays of order lines between two instants, with their measured impressions.

Impressions are opportunities to see. Plays of hours that no camera observed count with the usual
audience of the hour, as in the delivery that the advertiser sees. Hours before the first instant
have the forecast of the second one as well, so that a newer forecast of them bills nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from sqlalchemy import Connection

from cloud.billing.cpm_contracts import DeliveredPlays
from cloud.billing.order_charges import ReadPlays
from cloud.campaigns.delivery import read_delivery
from cloud.campaigns.usual_audience import forecast_from_database
from cloud.sites.sites import Sites


def plays_reader(sites: Sites) -> ReadPlays:
    """A function that reads plays at the locations of a sites file."""

    def read_plays(
        connection: Connection, line_ids: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, DeliveredPlays]:
        forecast_of = forecast_from_database(connection, until)
        read = partial(read_delivery, connection, line_ids, sites=sites, forecast_of=forecast_of)
        before, after = read(since), read(until)
        return {
            name: DeliveredPlays(
                found.plays - before[name].plays, Decimal(found.ots - before[name].ots)
            )
            for name, found in after.items()
            if name in before
        }

    return read_plays
