"""Broadsign's formula gives our impressions back, by either method."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cloud.pricing.impressions import Spot
from cloud.pricing.slot import Slot
from cloud.trade.exports.broadsign import (
    FIELDS,
    AudienceMethod,
    BroadsignLayout,
    compute_audience,
    compute_impressions,
    read_layout,
    write_csv,
)
from cloud.trade.exports.play_values import ExportError, HourValue
from tests.cloud.rates import sites

SITE = next(iter(sites()))
LONDON = ZoneInfo("Europe/London")
SPOT = Spot(10, 60)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


def value(hour: datetime = MONDAY, impressions: str | None = "9.194986") -> HourValue:
    people = None if impressions is None else Decimal(impressions)
    return HourValue(
        site=SITE, slot=Slot(hour, LONDON), spot=SPOT, impressions=people, cost=Decimal("0.2"),
        currency="GBP",
    )  # fmt: skip


def write(*values: HourValue, method: str = "dwell", units=None, layout=None) -> list[str]:
    to = io.StringIO()
    write_csv(values, units or {}, AudienceMethod(method), layout or BroadsignLayout(), to)
    return to.getvalue().splitlines()


@pytest.mark.parametrize("method", list(AudienceMethod))
@pytest.mark.parametrize("impressions", ["0.32", "9.194986", "1500.000001"])
@pytest.mark.parametrize("spot", [SPOT, Spot(6, 36), Spot(15, 90)])
def test_the_formula_of_broadsign_returns_our_impressions(method, impressions, spot):
    audience = compute_audience(Decimal(impressions), spot, method).quantize(Decimal("1e-6"))
    assert compute_impressions(audience, spot, method).quantize(Decimal("1e-6")) == Decimal(
        impressions
    )


def test_the_facts_of_both_methods():
    assert compute_impressions(Decimal(1200), SPOT, AudienceMethod.DWELL) == 20
    assert compute_impressions(Decimal(1200), Spot(9, 60), AudienceMethod.PRORATED) == 3


def test_a_row_is_a_local_hour_and_unknown_audience_has_none():
    assert write(value(), value(MONDAY + timedelta(hours=1), None), units={"KX-01": "DU 7"}) == [
        "display_unit,date,start_time,end_time,audience_calculation_method,audience_per_hour,"
        "impressions_per_play",
        "DU 7,2026-11-23,08:00:00,08:59:59,dwell,551.699160,9.194986",
    ]
    assert write(value(), method="prorated")[1].split(",")[5] == "3310.194960"


def test_of_two_hours_with_one_local_time_the_first_is_written():
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)
    rows = write(value(first, "1"), value(first + timedelta(hours=1), "2"))
    assert [row.split(",")[2::4] for row in rows[1:]] == [["01:00:00", "1"]]


@pytest.mark.parametrize("unit", ["a,b", 'a"b', "\u00fc", "a\nb"])
def test_what_broadsign_cannot_read_is_refused(unit):
    with pytest.raises(ExportError, match="Broadsign reads ASCII"):
        write(value(), units={"KX-01": unit})


def test_the_columns_are_those_of_the_template():
    layout = read_layout(
        "Screen,Note,Impressions\r\n",
        {"Screen": "display_unit", "Impressions": "impressions_per_play"},
    )
    assert write(value(), layout=layout) == ["Screen,Note,Impressions", "KX-01,,9.194986"]
    assert read_layout(",".join(FIELDS), {}) == BroadsignLayout()


@pytest.mark.parametrize(
    ("header", "mapped", "reason"),
    [
        ("Screen,Impressions", {"Panel": "display_unit"}, "'Panel' is unknown: the template has"),
        ("Screen", {"Screen": "screen"}, "'screen' is unknown"),
        ("Screen", {"Screen": "display_unit"}, "the columns need display_unit, and audience"),
        ("", {}, "the columns need display_unit"),
    ],
)
def test_a_template_without_the_needed_columns_is_refused(header, mapped, reason):
    with pytest.raises(ExportError, match=reason):
        read_layout(header, mapped)
