"""A pair of brand and operator names the account of the agent that registered it."""

from sqlalchemy import Connection

from cloud.booking.adcp.account_links import (
    BrandOperator,
    find_linked_account,
    link_account,
    read_links,
)
from tests.cloud.app_context import FRIDAY_NOON

KEY = BrandOperator("agency.example", "tea.example", "green")


def test_a_pair_is_registered_once_and_for_one_agent(connection: Connection) -> None:
    assert find_linked_account(connection, "acme", KEY) is None
    news = [
        link_account(connection, "acme", KEY, "acme", by="Ann", now=FRIDAY_NOON) for _ in range(2)
    ]
    assert news == [True, False]
    assert find_linked_account(connection, "acme", KEY) == "acme"
    assert find_linked_account(connection, "bolt", KEY) is None
    other = BrandOperator("agency.example", "tea.example")
    assert find_linked_account(connection, "acme", other) is None
    assert read_links(connection, "acme") == {"acme": KEY}
