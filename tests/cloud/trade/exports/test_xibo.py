"""Values of displays as Xibo stores them: four decimals, by the names of its logs."""

import csv
import io
import json
from decimal import Decimal

import pytest

from cloud.campaigns.plays.names import LogNames, NameAliases
from cloud.trade.exports.play_values import PlayedValue
from cloud.trade.exports.xibo import (
    XiboError,
    XiboNames,
    describe_hours,
    describe_plays,
    write_csv,
    write_requests,
)
from tests.cloud.rates import sites
from tests.cloud.trade.exports.test_broadsign import value

SITES = sites()
ALIASES = NameAliases({"Left hall": "KX-01"}, {"Spring.mp4": "spring-sale"})
NAMES = XiboNames({"KX-01": "King's Cross"}, ALIASES)


def played(impressions: str | None = "2.5", creative: str | None = "spring-sale") -> PlayedValue:
    people = None if impressions is None else Decimal(impressions)
    return PlayedValue(
        location="KX-01", creative=creative, plays=60, impressions=people,
        cost=Decimal("0.20005"), currency="GBP",
    )  # fmt: skip


def rows(displays):
    to = io.StringIO()
    write_csv(displays, to)
    return list(csv.DictReader(io.StringIO(to.getvalue())))


def test_an_hour_has_one_row_for_each_display():
    assert rows(describe_hours([value()], NAMES)) == [
        {
            "display": "Left hall", "customId": "KX-01", "media": "",
            "impressionsPerPlay": "9.1950", "costPerPlay": "0.2000",
        }
    ]  # fmt: skip


def test_a_campaign_names_the_media_as_the_log_of_plays_does():
    (row,) = rows(describe_plays([played()], NAMES))
    assert (row["media"], row["impressionsPerPlay"], row["costPerPlay"]) == (
        "Spring.mp4", "2.5000", "0.2001",
    )  # fmt: skip
    names = LogNames(SITES, ALIASES)  # those that read Xibo's proof of play
    assert names.resolve_screen(row["display"]) == row["customId"] == "KX-01"
    assert names.resolve_creative(row["media"]) == "spring-sale"


def test_what_is_unknown_is_not_zero():
    (row,) = rows(describe_plays([played(None, None)], XiboNames({})))
    assert (row["display"], row["media"], row["impressionsPerPlay"]) == ("KX-01", "", "")


def test_the_api_takes_forms_without_unknown_values():
    to = io.StringIO()
    write_requests(describe_plays([played(), played(None)], NAMES), to)
    first, second = (json.loads(line) for line in to.getvalue().splitlines())
    form = {"customId": "KX-01", "costPerPlay": "0.2001"}
    assert first == {
        "display": "Left hall", "media": "Spring.mp4",
        "form": form | {"impressionsPerPlay": "2.5000"},
    }  # fmt: skip
    assert second["form"] == form


def test_a_number_that_overflows_the_column_is_refused():
    with pytest.raises(XiboError, match="six whole digits"):
        describe_plays([played("1000000")], NAMES)
