"""Blackouts and maintenance: the screen sells nothing, what is booked stays."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from sqlalchemy import Connection

from cloud.booking import capacity
from cloud.booking.inventory.blackouts import (
    Blackout,
    BlackoutError,
    BlackoutKind,
    UnknownBlackout,
    read_blackouts,
    remove_blackout,
    store_blackout,
)
from cloud.booking.slots import AvailReason, NotAvailableError
from cloud.database import EPOCH
from tests.cloud.booking.capacity_data import EIGHT_S, HOUR, NOW, SITES, demand, used

take = partial(capacity.take, now=NOW, until=None)
EIGHT = EPOCH + timedelta(seconds=EIGHT_S)
REPAIR = Blackout(
    id=0,
    location="KX-01",
    starts_at=EIGHT + 1.5 * HOUR,
    ends_at=EIGHT + 2 * HOUR,
    kind=BlackoutKind.MAINTENANCE,
    reason="the panel is replaced",
    created_by="ops",
    created_at=NOW,
)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (BlackoutKind.MAINTENANCE, AvailReason.OUT_OF_CHARGE),
        (BlackoutKind.BLACKOUT, AvailReason.EXCLUDED),
    ],
)
def test_the_hours_that_it_touches_are_not_for_sale(sqlite, kind, reason):
    take(sqlite, SITES, demand(1, 2), line_id="before")
    stored = store_blackout(sqlite, replace(REPAIR, kind=kind))
    take(sqlite, SITES, demand([0, 2]), line_id="beside")
    take(sqlite, SITES, demand(1, at="LB-01"), line_id="elsewhere")
    with pytest.raises(NotAvailableError) as refused:
        take(sqlite, SITES, demand(1), line_id="during")
    assert [(one.free, one.reason) for one in refused.value.slots] == [(0, reason)]
    assert used(sqlite) == {0: 1, 1: 2, 2: 1}
    assert remove_blackout(sqlite, stored.id, NOW) == stored
    take(sqlite, SITES, demand(1, 4), line_id="after")


def test_a_period_is_listed_until_it_ends_or_is_removed(connection: Connection) -> None:
    stored = store_blackout(connection, REPAIR)
    site = SITES.location("KX-01")
    assert stored.id > 0
    assert read_blackouts(connection, [site], NOW) == {"KX-01": [stored]}
    assert read_blackouts(connection, None, stored.ends_at) == {}
    remove_blackout(connection, stored.id, NOW)
    assert read_blackouts(connection, None, NOW) == {}
    with pytest.raises(UnknownBlackout, match="list them"):
        remove_blackout(connection, stored.id, NOW)


LAST = datetime.max.replace(tzinfo=timezone(-10 * HOUR))


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_at": REPAIR.starts_at},
        {"ends_at": REPAIR.starts_at + timedelta(days=401)},
        {"starts_at": LAST - HOUR, "ends_at": LAST},
        {"reason": " "},
        {"reason": "x" * 201},
    ],
)
def test_an_impossible_period_is_refused(sqlite, wrong):
    with pytest.raises(BlackoutError):
        store_blackout(sqlite, replace(REPAIR, **wrong))
