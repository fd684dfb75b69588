"""The rows of a day: repeatable, plausible, and consistent between a report and its parts."""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cloud.lake.raw.audience import RAW_CREATIVES, RAW_DEMOGRAPHICS, RAW_REPORTS
from simulators.lake.day_rows import generate_day
from simulators.lake.history import History

MONDAY = date(2026, 11, 2)
HISTORY = History(locations=30, seed=3, first_on=MONDAY, interval_s=900, has_faults=False)
REPORT_KEY = ("location", "starts_at")
TIMES = ("observed_ms", "person_ms", "facing_ms", "looking_ms", "unsure_ms")


def read_day(history: History, day: date = MONDAY) -> dict[str, pa.Table]:
    batches = list(generate_day(history, day))
    return {
        table.name: pa.concat_tables([rows for one in batches for rows in (one.on_time[table],
                                                                          one.late[table])])
        for table in batches[0].on_time
    }  # fmt: skip


@pytest.fixture(scope="module")
def day() -> dict[str, pa.Table]:
    return read_day(HISTORY)


def visits_by_hour(rows: pa.Table, remainder: int) -> dict[int, int]:
    """Visits by UTC hour of the locations of one profile; in November London has UTC."""
    number = pc.cast(pc.utf8_slice_codeunits(rows.column("location"), 4), pa.int64())
    chosen = rows.filter(pc.equal(pc.subtract(number, pc.multiply(pc.divide(number, 3), 3)),
                                  remainder))  # fmt: skip
    hours = chosen.append_column("hour", pc.hour(chosen.column("starts_at")))
    found = hours.group_by("hour").aggregate([("visits", "sum")])
    return dict(zip(*(found.column(name).to_pylist() for name in ("hour", "visits_sum")),
                    strict=True))  # fmt: skip


def test_the_same_options_give_the_same_rows(day: dict[str, pa.Table]) -> None:
    again = read_day(HISTORY)
    other = read_day(History(30, 4, MONDAY, 900, False))
    assert all(again[name].equals(rows) for name, rows in day.items())
    assert not other[RAW_REPORTS.name].equals(day[RAW_REPORTS.name])


def test_a_station_has_commuter_peaks_and_closes_at_night(day: dict[str, pa.Table]) -> None:
    visits = visits_by_hour(day[RAW_REPORTS.name], 1)
    assert visits[3] == 0
    assert visits[8] > 2 * visits[5]
    assert visits[8] > visits[11] < visits[17]


def test_a_business_district_is_almost_empty_on_sunday(day: dict[str, pa.Table]) -> None:
    sunday = read_day(HISTORY, date(2026, 11, 8))[RAW_REPORTS.name]
    monday = visits_by_hour(day[RAW_REPORTS.name], 2)
    assert monday[12] > 4 * visits_by_hour(sunday, 2)[12]


def test_night_closing_is_unobserved_time_and_gaps_are_missing_reports(
    day: dict[str, pa.Table],
) -> None:
    rows = day[RAW_REPORTS.name]
    assert len(rows) < 30 * 96
    paused = rows.filter(pc.greater(rows.column("blind_paused_ms"), 0))
    assert pc.sum(paused.column("observed_ms")).as_py() == 0
    assert pc.sum(paused.column("visits")).as_py() == 0


def test_the_creatives_of_a_report_add_up_to_it(day: dict[str, pa.Table]) -> None:
    parts = day[RAW_CREATIVES.name].group_by(list(REPORT_KEY)).aggregate(
        [(name, "sum") for name in (*TIMES, "plays")]
    )  # fmt: skip
    joined = parts.join(day[RAW_REPORTS.name].select([*REPORT_KEY, *TIMES]), list(REPORT_KEY))
    assert len(joined) > 100
    for name in TIMES:
        assert joined.column(f"{name}_sum").equals(joined.column(name))
    assert set(joined.column("plays_sum").to_pylist()) == {90}


def test_described_visits_are_a_part_of_the_visits_of_the_hour(day: dict[str, pa.Table]) -> None:
    cells = day[RAW_DEMOGRAPHICS.name]
    assert pc.min(cells.column("visits")).as_py() >= 5
    described = pc.sum(cells.column("visits")).as_py()
    visits = pc.sum(day[RAW_REPORTS.name].column("visits")).as_py()
    assert 0.5 * visits < described < 0.8 * visits
