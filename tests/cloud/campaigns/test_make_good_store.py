"""Make-goods on every database: one for each line, decided once, settled once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, Engine

from cloud.auth import audit
from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.delivery import LATE_DATA
from cloud.campaigns.guarantees import Guarantee, Metric, read_guarantees, set_guarantee
from cloud.campaigns.make_good_store import (
    MakeGoodStateError,
    MakeGoodStatus,
    Remedy,
    decide_make_good,
    list_approved,
    propose_make_good,
    settle_make_good,
)
from cloud.campaigns.make_goods import DeliveredAmount, Shortfall
from cloud.campaigns.tables import make_goods
from cloud.database import writing
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines

AMOUNT = DeliveredAmount(Metric.OTS, *map(Decimal, ("100", "74.5", "70", "80.1")))
SHORT = Shortfall(AMOUNT, Decimal("0.255"), 15)
FINAL = SEVEN + timedelta(hours=1) + LATE_DATA


def test_a_make_good_is_approved_and_settled_once(engine: Engine) -> None:
    with writing(engine) as connection:
        store_lines(connection, line())
        set_guarantee(connection, "SO-1-1", Guarantee(Metric.OTS, 90, True), by="ann", now=SEVEN)
        again = Guarantee(Metric.OTS, 100, measured_only=False)
        set_guarantee(connection, "SO-1-1", again, by="ann", now=SEVEN)
        assert read_guarantees(connection, ["SO-1-1", "x"]) == {"SO-1-1": again}
        lines = read_lines(connection, SITES, "line_id", ["SO-1-1"])
        for _ in range(2):  # the second proposal replaces the first
            made = propose_make_good(
                connection, lines["SO-1-1"], SHORT, Remedy.CREDIT, by="ann", now=FINAL
            )
        assert made is not None
        assert (made.delivered, made.delivered_high, made.credit_minor) == (74, 81, 15)
        with pytest.raises(MakeGoodStateError, match="not approved"):
            settle_make_good(connection, made.id, "CN-1", by="ann", now=FINAL)
        decided = decide_make_good(
            connection, made.id, MakeGoodStatus.APPROVED, flight_ends_at=FINAL - LATE_DATA,
            decision="agreed", by="fay", now=FINAL,
        )  # fmt: skip
        assert (decided.status, decided.decided_by) == (MakeGoodStatus.APPROVED, "fay")
    with writing(engine) as connection:
        assert [one.id for one in list_approved(connection, Remedy.CREDIT)] == [made.id]
        assert list_approved(connection, Remedy.LINE) == []
        settle_make_good(connection, made.id, "CN-1", by="ann", now=FINAL)
        assert list_approved(connection, Remedy.CREDIT) == []
        with pytest.raises(MakeGoodStateError, match="settled already"):
            settle_make_good(connection, made.id, "CN-2", by="ann", now=FINAL)
        third = propose_make_good(
            connection, lines["SO-1-1"], SHORT, Remedy.LINE, by="ann", now=FINAL
        )
        assert third is None
        audit.verify_chain(connection)


def test_one_of_two_proposals_that_were_stored_at_once_is_approved(connection: Connection) -> None:
    store_lines(connection, line())
    (short,) = read_lines(connection, SITES, "line_id", ["SO-1-1"]).values()
    first = propose_make_good(connection, short, SHORT, Remedy.CREDIT, by="ann", now=FINAL)
    assert first is not None
    row = dict(connection.execute(make_goods.select()).mappings().one())
    connection.execute(make_goods.insert().values(row | {"id": "f" * 32, "remedy": "line"}))

    def decide(make_good: str, status: MakeGoodStatus) -> None:
        decide_make_good(
            connection, make_good, status, flight_ends_at=FINAL - LATE_DATA, decision=None,
            by="fay", now=FINAL,
        )  # fmt: skip

    decide(first.id, MakeGoodStatus.APPROVED)
    with pytest.raises(MakeGoodStateError, match=f"approved make-good {first.id}"):
        decide("f" * 32, MakeGoodStatus.APPROVED)
    decide("f" * 32, MakeGoodStatus.REJECTED)
