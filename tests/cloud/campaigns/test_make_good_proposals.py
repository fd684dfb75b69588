"""Shortfalls are those of lines that are paid as booked and whose flight has ended."""

from datetime import timedelta

from sqlalchemy import Connection

from cloud.campaigns.booked_hours import read_lines
from cloud.campaigns.make_good_proposals import find_shortfalls
from cloud.campaigns.usual_audience import UsualAudience
from cloud.database.billing import cpm_contracts
from tests.cloud.campaigns.campaign_data import (
    SEVEN,
    SITES,
    flat_forecast,
    line,
    report,
    store_lines,
    store_reports,
)


def test_a_line_that_is_paid_by_impressions_is_short_of_nothing(connection: Connection) -> None:
    store_lines(connection, line(), line(line_id="SO-1-2", creatives=("b",)))
    store_reports(connection, report(a=20, b=20))
    contract = {"line_id": "SO-1-2", "price_minor": 500, "multiplier": "2.5"}
    made = {"created_by": "ann", "created_at": SEVEN}
    connection.execute(cpm_contracts.insert().values(contract | made))
    lines = read_lines(connection, SITES, "line_id", ["SO-1-1", "SO-1-2"])
    usual = UsualAudience(SITES, flat_forecast)
    assert find_shortfalls(connection, lines, usual, SEVEN) == {}
    found = find_shortfalls(connection, lines, usual, SEVEN + timedelta(hours=1))
    assert [(name, one.credit_minor) for name, one in found.items()] == [("SO-1-1", 40)]
