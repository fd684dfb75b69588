"""Visitors of the hours in which something was shown; small groups are suppressed."""

from sqlalchemy import Connection

from cloud.campaigns.booked_hours import HourKey
from cloud.campaigns.demographics import read_demographics
from tests.cloud.campaigns.campaign_data import SEVEN_S, report, store_reports
from wire.audience import AgeGroup, DemographicCell, Gender


def cell(age: AgeGroup, visits: int, gender: Gender = Gender.FEMALE) -> DemographicCell:
    return DemographicCell(age=age, gender=gender, visits=visits, onlookers=visits // 4)


def test_only_the_hours_asked_for_count_and_small_groups_are_suppressed(
    connection: Connection,
) -> None:
    cells = (
        cell(AgeGroup.FROM_18, 11), cell(AgeGroup.FROM_35, 2), cell(AgeGroup.UNKNOWN, 2),
        cell(AgeGroup.FROM_55, 10, Gender.MALE),
    )  # fmt: skip
    store_reports(connection, report(1, 0, cells=cells, a=5), report(2, 1, cells=cells, a=5))
    hour = HourKey("KX-01", SEVEN_S)
    found = read_demographics(connection, {hour})
    assert found is not None
    (group,) = found.groups
    assert (group.age, group.visits, group.onlookers, group.share) == ("18-24", 11, 2, 11 / 23)
    assert (found.described_visits, found.suppressed_visits) == (23, 12)  # of 2 and 10
    assert read_demographics(connection, {HourKey("KX-01", 0)}) is None
    assert read_demographics(connection, set()) is None
