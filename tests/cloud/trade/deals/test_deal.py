"""A deal is for an order without a discount, for known screens, and for a time to come."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.booking.orders.order_rows import UnknownOrderError
from cloud.database import writing
from cloud.sites.sites import UnknownLocation
from cloud.trade.deals.deal import (
    DealRefusedError,
    UnknownDealError,
    close_deal,
    create_deal,
    find_deal,
    list_deals,
    list_open_deals,
)
from tests.cloud.booking.orders.order_steps import BUYER, NOON, SALES, Steps
from tests.cloud.databases import new_engine
from tests.cloud.rates import sites
from tests.cloud.trade.deals.deal_examples import new_private_deal

DISCOUNT_BP = 500


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> Steps:
    return Steps(new_engine(tmp_path_factory.mktemp("deals"))).open_accounts()


def create(steps: Steps, order: str, now: datetime = NOON, **fields: object):
    with writing(steps.engine) as connection:
        new = new_private_deal(order, NOON, **fields)
        return create_deal(connection, sites(), new, by="Mary", now=now)


def test_a_deal_has_the_account_and_the_currency_of_its_order(steps: Steps) -> None:
    deal = create(steps, steps.place(), locations=("KX-01", "KX-01"))
    assert (deal.account, deal.currency, deal.locations) == ("acme", "GBP", ("KX-01",))
    with writing(steps.engine) as connection:
        assert find_deal(connection, deal.id, {"acme"}) == deal
        assert deal in list_deals(connection, {"acme"}, offset=0, limit=10)
        assert list_deals(connection, {"bolt"}, offset=0, limit=10) == []
        with pytest.raises(UnknownDealError):
            find_deal(connection, deal.id, {"bolt"})


def test_a_deal_is_closed_once(steps: Steps) -> None:
    deal = create(steps, steps.place())
    with writing(steps.engine) as connection:
        closed = close_deal(connection, deal.id, by="Mary", now=NOON)
        later = close_deal(connection, deal.id, by="Mary", now=NOON + timedelta(hours=1))
    assert closed == later
    assert closed.closed_at == NOON
    assert not closed.has_slot("KX-01", NOON + timedelta(hours=1))


def test_closed_deals_hide_no_open_one(steps: Steps) -> None:
    order = steps.place()
    deal = create(steps, order, NOON + timedelta(minutes=30), name="open")
    later = NOON + timedelta(hours=1)
    with writing(steps.engine) as connection:
        new = new_private_deal(order, NOON, name="closed")
        closed = create_deal(connection, sites(), new, by="Mary", now=later)
        close_deal(connection, closed.id, by="Mary", now=later)
        found = list_open_deals(connection, "acme", later, later, limit=1)
        assert closed not in found
        assert [one.name for one in found] == ["open"]
        assert deal.closed_at is None


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"locations": ("XX-99",)}, UnknownLocation),
        ({"ends_at": NOON}, DealRefusedError),
        ({"ends_at": datetime(9999, 12, 31, tzinfo=UTC)}, DealRefusedError),
        ({"starts_at": datetime(1, 1, 1, tzinfo=UTC)}, DealRefusedError),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC),
          "ends_at": datetime(2020, 2, 1, tzinfo=UTC)}, DealRefusedError),
    ],
)  # fmt: skip
def test_a_deal_that_cannot_be_used_is_refused(steps: Steps, fields, error) -> None:
    with pytest.raises(error):
        create(steps, steps.place(), **fields)


def test_an_order_that_is_unknown_or_has_a_discount_is_refused(steps: Steps) -> None:
    from cloud.booking.orders.approvals import give_discount

    with pytest.raises(UnknownOrderError):
        create(steps, "0" * 32)
    order = steps.place(actor=BUYER)
    steps.run(lambda work: give_discount(work, order, DISCOUNT_BP, "annual agreement"), SALES)
    with pytest.raises(DealRefusedError, match="has a discount"):
        create(steps, order)
