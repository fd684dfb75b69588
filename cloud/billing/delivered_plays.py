"""The plays of order lines between two instants, with their measured impressions.

Impressions are opportunities to see. Plays of hours that no camera observed count with the usual
audience of the hour, as in the delivery that the advertiser sees.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from cloud.billing.cpm_contracts import DeliveredPlays
from cloud.billing.order_charges import ReadPlays
from cloud.campaigns.delivery import read_delivery
from cloud.sites.sites import Sites


def plays_reader(sites: Sites) -> ReadPlays:
    """A function that reads plays at the locations of a sites file."""

    def read_plays(
        connection: Connection, line_ids: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, DeliveredPlays]:
        before = read_delivery(connection, line_ids, since, sites=sites)
        after = read_delivery(connection, line_ids, until, sites=sites)
        return {
            name: DeliveredPlays(
                found.plays - before[name].plays, Decimal(found.ots - before[name].ots)
            )
            for name, found in after.items()
            if name in before
        }

    return read_plays
