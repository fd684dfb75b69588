"""Lines by impressions: at most the booked ones of each play, rounded once."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from cloud.billing.cpm_contracts import (
    CpmContract,
    CpmContractError,
    DeliveredPlays,
    bill_impressions,
    read_contracts,
    store_contract,
)
from cloud.billing.document import LineKind
from cloud.database import writing
from tests.cloud.billing.billing_examples import (
    NOV_2,
    draft_one,
    flight,
    store_accounts,
    store_lines,
)
from tests.cloud.databases import SQLITE_ONLY

CONTRACT = CpmContract(2_176, Decimal("9.19"))


@pytest.mark.parametrize(
    ("plays", "impressions", "billed", "amount"),
    [
        (60, "500.5", "500.5", 1_089),  # 10.89088
        (60, "600", "551.4", 1_200),  # at most 60 x 9.19; 11.998464
        (0, "0", "0", 0),
        (0, "5", "0", 0),
    ],
)
def test_billed_are_the_measured_impressions_up_to_the_booked(plays, impressions, billed, amount):
    delivered = DeliveredPlays(plays, Decimal(impressions))
    line = bill_impressions("SO-1-1", "KX-01", CONTRACT, delivered, "GBP")
    assert (line.quantity, line.amount_minor) == (Decimal(billed), amount)


@pytest.mark.parametrize(("currency", "price", "amount"), [("JPY", 2_176, 1_089), ("KWD", 21, 11)])
def test_amounts_are_rounded_in_the_minor_unit_of_the_currency(currency, price, amount):
    delivered = DeliveredPlays(60, Decimal("500.5"))
    contract = CpmContract(price, Decimal(10))
    assert bill_impressions("l", "t", contract, delivered, currency).amount_minor == amount


@SQLITE_ONLY
def test_a_line_with_a_contract_is_billed_by_its_plays(engine: Engine) -> None:
    with writing(engine) as connection:
        store_accounts(connection, agency=None)
        store_lines(connection, flight(3))
        store_contract(connection, "SO-1-1", CONTRACT, by="sales", now=NOV_2)
        assert read_contracts(connection, ["SO-1-1", "SO-1-2"]) == {"SO-1-1": CONTRACT}
        plays = {"SO-1-1": DeliveredPlays(60, Decimal("500.5"))}
        (line,) = draft_one(connection, plays=plays).content.lines
    assert (line.kind, line.amount_minor, line.price_base) == (LineKind.IMPRESSIONS, 1_089, 1_000)


@SQLITE_ONLY
def test_a_contract_is_stored_once_for_a_line_that_exists(engine: Engine) -> None:
    with writing(engine) as connection:
        store_lines(connection, flight(3))
        with pytest.raises(CpmContractError, match="no order line"):
            store_contract(connection, "SO-9", CONTRACT, by="x", now=NOV_2)
        for contract in (CpmContract(0, Decimal(1)), CpmContract(1, Decimal(0)),
                         CpmContract(1, Decimal("1e-7"))):  # fmt: skip
            with pytest.raises(CpmContractError):
                store_contract(connection, "SO-1-1", contract, by="x", now=NOV_2)
        store_contract(connection, "SO-1-1", CONTRACT, by="x", now=NOV_2)
        with pytest.raises(CpmContractError, match="does not change"):
            store_contract(connection, "SO-1-1", CONTRACT, by="x", now=NOV_2)
