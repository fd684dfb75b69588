"""Reports of each page: what is not known is said, and roles are those of the user."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from cloud.analytics.saved_views import AnalyticsPage, SavedView
from cloud.auth.users.user import User
from cloud.database import reading, writing
from cloud.notifications.reports.report_content import compute_report
from cloud.notifications.reports.report_document import ReportDocument
from tests.cloud.analytics.counted_hours import CountedHour, store_hours
from tests.cloud.analytics.test_visitor_groups import MEN, WOMEN
from tests.cloud.campaigns.campaign_data import line, store_lines
from tests.cloud.databases import new_engine
from tests.cloud.notifications.notice_world import NOON, add_people
from tests.cloud.rates import sites

HOURS = [
    CountedHour(ago, 8, viewers=15 + 10 * place + ago % 3, location=location, groups=(WOMEN, MEN))
    for ago in range(1, 9)
    for place, location in enumerate(("KX-01", "LB-01", "WA-01"))
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, User, User]]:
    """The database, an advertiser and a seller."""
    engine = new_engine(tmp_path_factory.mktemp("reports"))
    ann, *_, sam = add_people(engine)
    with writing(engine) as connection:
        store_hours(connection, HOURS)
        store_lines(connection, line(2))
    with reading(engine) as connection:
        yield connection, ann, sam
    engine.dispose()


def view(page: AnalyticsPage, query: str = "days=7") -> SavedView:
    return SavedView("v", "sam", "owner", "Mornings", page, query, False, NOON, NOON)


def compute(stored, page: AnalyticsPage, query: str = "days=7", *, user: int = 2) -> ReportDocument:
    connection = stored[0]
    return compute_report(connection, sites(), view(page, query), stored[user], NOON)


def test_locations_are_ranked_with_what_they_may_be(stored) -> None:
    found = compute(stored, AnalyticsPage.LOCATIONS, "days=7&hour_from=8&hour_until=9")
    assert [row[1:3] for row in found.rows] == [("1", "1 to 1"), ("2", "2 to 2"), ("3", "3 to 3")]
    assert found.notes[1] == "5 locations have no rank: fewer than seven observed days."
    bar = found.bars[0]
    assert bar.low is not None
    assert bar.high is not None
    assert bar.value is not None
    assert bar.low < bar.value < bar.high
    assert found.period == "7 days before 20 November 2026, 08:00 to 09:00"


def test_hours_that_were_not_observed_have_no_figure(stored) -> None:
    found = compute(stored, AnalyticsPage.TIME)
    rows = {row[0]: row[1:] for row in found.rows}
    assert rows["08:00"][3] == "2,100"
    assert rows["09:00"] == ("not observed", "—", "0 %", "—")
    assert [bar.value for bar in found.bars][9] is None


def test_visitor_groups_are_said_to_be_estimates(stored) -> None:
    found = compute(stored, AnalyticsPage.DEMOGRAPHICS)
    assert [row[0] for row in found.rows] == ["25-34, female", "25-34, male"]
    assert "estimates" in found.notes[0]


def test_campaigns_are_those_of_the_account(stored) -> None:
    for user, campaigns in ((1, ["Winter"]), (2, ["Winter"])):
        found = compute(stored, AnalyticsPage.CAMPAIGNS, "", user=user)
        assert [row[0] for row in found.rows] == campaigns
        assert found.rows[0][2] == "—"  # nothing was measured yet


@pytest.mark.parametrize(
    ("page", "query", "user", "why"),
    [
        (AnalyticsPage.MAP, "days=7", 1, "roles"),
        (AnalyticsPage.MAP, "location=ZZ-99", 2, "ZZ-99"),
        (AnalyticsPage.DEMOGRAPHICS, "days=120&location=KX-01", 2, "92"),
    ],
)
def test_a_report_that_is_not_possible_says_why(stored, page, query, user, why) -> None:
    found = compute(stored, page, query, user=user)
    assert found.rows == ()
    assert why in found.notes[0]
