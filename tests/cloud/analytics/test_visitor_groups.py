"""Visitor groups: small ones are suppressed, unknown ones are not described."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.analytics.analytics_query import AnalyticsQuery, AnalyticsQueryError
from cloud.analytics.visitor_groups import compute_groups
from cloud.database import reading, writing
from tests.cloud.analytics.counted_hours import NOW, CountedHour, store_hours
from tests.cloud.databases import new_engine
from wire.audience import AgeGroup, DemographicCell, Gender


def group(age: AgeGroup, gender: Gender, visits: int, onlookers: int) -> DemographicCell:
    return DemographicCell(age=age, gender=gender, visits=visits, onlookers=onlookers)


WOMEN = group(AgeGroup.FROM_25, Gender.FEMALE, 40, 10)
MEN = group(AgeGroup.FROM_25, Gender.MALE, 20, 5)
FEW = group(AgeGroup.FROM_55, Gender.MALE, 2, 1)
UNKNOWN = group(AgeGroup.UNKNOWN, Gender.UNKNOWN, 38, 4)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    engine = new_engine(tmp_path_factory.mktemp("groups"))
    hours = [CountedHour(ago, 8, groups=(WOMEN, MEN, UNKNOWN)) for ago in range(1, 5)]
    hours.append(CountedHour(1, 9, groups=(FEW,)))
    with writing(engine) as connection:
        store_hours(connection, hours)
    with reading(engine) as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("location", [(), ("KX-01",)])
def test_groups_have_shares_of_the_described_visits(
    connection: Connection, location: tuple[str, ...]
) -> None:
    found = compute_groups(connection, AnalyticsQuery(days=7, location=location), NOW)
    assert [(one.age, one.gender, one.visits) for one in found.groups] == [
        ("25-34", "female", 160),
    ]  # without the men: those of 55 and more would be what the total leaves
    assert found.groups[0].share == pytest.approx(160 / 242)
    assert (found.described_visits, found.suppressed_visits, found.undescribed_visits) == (
        242, 82, 152,
    )  # fmt: skip
    rate = found.groups[0].rate
    assert rate is not None
    assert (rate.value, rate.days) == (0.25, 4)
    assert rate.low is not None


def test_a_total_of_few_visits_is_not_shown(connection: Connection, tmp_path: Path) -> None:
    none = compute_groups(connection, AnalyticsQuery(days=1, until=date(2020, 1, 2)), NOW)
    assert (none.described_visits, none.suppressed_visits, none.groups) == (0, 0, [])
    engine = new_engine(tmp_path)
    with writing(engine) as other:
        store_hours(other, [CountedHour(1, 9, groups=(FEW, UNKNOWN))])
        few = compute_groups(other, AnalyticsQuery(days=7), NOW)
    engine.dispose()
    found = (few.described_visits, few.undescribed_visits, few.suppressed_visits)
    assert (found, few.groups) == ((None, None, None), [])


@pytest.mark.parametrize(
    "asked",
    [
        AnalyticsQuery(days=7, location=("KX-01", "LB-01")),
        AnalyticsQuery(hour_from=8),
    ],
)
def test_what_cannot_be_read_is_refused(connection: Connection, asked: AnalyticsQuery) -> None:
    with pytest.raises(AnalyticsQueryError):
        compute_groups(connection, asked, NOW)
