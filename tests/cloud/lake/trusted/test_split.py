"""Each rule quarantines the rows that break it, with what was found and what was expected."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from cloud.lake.engine import open_duckdb, read_batches
from cloud.lake.raw.audience import AUDIENCE_TABLES
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.split import SOURCE, split_day
from cloud.lake.trusted.tables import ROW_QUARANTINE
from tests.cloud.conftest import NINE
from tests.cloud.lake.trusted.rows import RECEIVED, Rows, build_rows, merge

AUDIENCE = [one for one in contracted_tables() if one.source in AUDIENCE_TABLES]
HUGE = 2**62
FIRST = 1_000
R, D, C, S = (
    "audience_reports", "audience_demographics", "audience_creatives", "audience_sensors",
)  # fmt: skip
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    (R, {"visits": None}, "required_values", "found no value of visits; expected one in every row"),
    (R, {"location": "KX 01"}, "location_format", "found location KX 01; expected: The location"),
    (R, {"device": ""}, "device_format", "found device ; expected"),
    (R, {"stream_id": "a1"}, "stream_id_format", "16 hexadecimal digits"),
    (R, {"last_sequence": 0}, "sequence_range", "last_sequence 0"),
    (R, {"ends_at": NINE}, "interval", "ends_at 2026-11-20 09:00:00+00; expected: The interval"),
    (R, {"ends_at": NINE + timedelta(hours=1, seconds=1)}, "interval", "an hour at most"),
    (R, {"received_at": NINE - timedelta(minutes=5)}, "received_after_end", "received_at 2026-"),
    (R, {"blind_dark_ms": -1}, "counts_not_negative", "blind_dark_ms -1"),
    (R, {"observed_ms": 10_002}, "time_within_interval", "observed_ms 10002"),
    (R, {"peak": 10_001}, "people_plausible", "peak 10001"),
    (R, {"person_ms": HUGE}, "people_plausible", f"person_ms {HUGE}"),
    (R, {"facing_ms": HUGE, "unsure_ms": HUGE}, "faces_within_persons", f"unsure_ms {HUGE}"),
    (R, {"dwell_ms": HUGE}, "dwell_plausible", f"dwell_ms {HUGE}"),
    (R, {"facing_ms": 7_001}, "faces_within_persons",
     "found person_ms 8000, facing_ms 7001, unsure_ms 1000; expected: Time with a face"),
    (R, {"looking_ms": 5_001}, "looking_within_facing", "facing_ms 5000, looking_ms 5001"),
    (R, {"onlookers": 3}, "viewers_within_visits", "visits 2, onlookers 3"),
    (R, {"dwell_03": 3}, "dwell_within_visits", "dwell_03 3"),
    (R, {"attention_12": HUGE, "attention_11": HUGE}, "attention_within_visits", "attention_12"),
    (R, {"band_low_ms": 999}, "bands_add_up", "band_low_ms 999"),
    (R, {"band_low_ms": None}, "bands_add_up", "band_low_ms null"),
    (R, {"attention_basis": "eyes"}, "attention_basis_known", "found attention_basis eyes"),
    (D, {"starts_at": NINE + timedelta(seconds=1)}, "belongs_to_report", "part of a report"),
    (D, {"received_at": NINE}, "of_accepted_report", "received_at 2026-11-20 09:00:00+00"),
    (D, {"age": "25"}, "age_known", "found age 25; expected: The age group"),
    (D, {"gender": "F"}, "gender_known", "found gender F"),
    (D, {"onlookers": 2}, "viewers_within_visits", "visits 1, onlookers 2"),
    (C, {"creative": "a b"}, "creative_format", "found creative a b"),
    (C, {"plays": -1}, "counts_not_negative", "plays -1"),
    (C, {"unsure_ms": 3_001}, "faces_within_persons", "unsure_ms 3001"),
    (C, {"looking_ms": 5_001}, "looking_within_facing", "looking_ms 5001"),
    (S, {"sensor": "x" * 65}, "sensor_format", "1 to 64 characters"),
    (S, {"samples": 0}, "samples_positive", "found samples 0"),
    (S, {"least_milli": 2_001}, "least_within_most", "least_milli 2001, most_milli 2000"),
    (S, {"total_milli": 4_001}, "total_within_readings", "total_milli 4001"),
]  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The rows of a split day."""

    good: pa.Table
    quarantined: pa.Table
    failed: Mapping[str, int]
    counted: int


def split(rows: Rows) -> dict[str, Found]:
    """The rows of each table, split by its contract."""
    found = {}
    with open_duckdb() as connection:
        for one in AUDIENCE:
            name, schema = one.source.name, nullable(one.source.schema)
            connection.register(SOURCE, pa.Table.from_pylist(rows[name], schema))
            day = split_day(connection, one.target, one.contract, has_rows=bool(rows[name]))
            good, quarantined = (
                pa.Table.from_batches(read_batches(connection, query), schema=used)
                for query, used in (
                    (day.good_query, schema),
                    (day.quarantine_query, nullable(ROW_QUARANTINE.schema)),
                )
            )
            assert (len(good), len(quarantined)) == (day.good, day.quarantined)
            found[name] = Found(good, quarantined, day.failed, day.counted)
    return found


def nullable(schema: pa.Schema) -> pa.Schema:
    """As files of other programs may have it."""
    return pa.schema([field.with_nullable(True) for field in schema])


def rules(day: Found) -> list[tuple[str, str]]:
    """Rule and reason of the quarantined rows."""
    return [(row["rule"], row["reason"]) for row in day.quarantined.to_pylist()]


@pytest.fixture(scope="module")
def cases() -> dict[str, Found]:
    """One report for each case, with one row changed, and a good one, split at once."""
    reports = [build_rows(FIRST + number) for number in range(len(CASES) + 1)]
    for (table, changes, _, _), rows in zip(CASES, reports, strict=False):
        rows[table][0].update(changes)
    return split(merge(*reports))


def _content(day: Found, number: int) -> Iterable[dict[str, Any]]:
    rows = ((row, json.loads(row["content"])) for row in day.quarantined.to_pylist())
    return [row for row, content in rows if content["first_sequence"] == number]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{t}-{r}" for t, _, r, _ in CASES])
def test_a_row_that_breaks_a_rule_is_quarantined(cases: dict[str, Found], number: int):
    table, _, rule, reason = CASES[number]
    (row,) = _content(cases[table], FIRST + number)
    assert row["table_name"] == f"trusted.{table}"
    assert row["rule"] == rule
    assert reason in row["reason"]


def test_every_rule_of_the_audience_has_a_case():
    tested = {(table, rule) for table, _, rule, _ in CASES} | {
        (table, rule)
        for table in (D, C, S)
        for rule in ("location_format", "device_format", "stream_id_format", "belongs_to_report",
                     "of_accepted_report")
    }  # fmt: skip
    assert {
        (one.source.name, rule.name) for one in AUDIENCE for rule in one.contract.rules
    } <= tested


def test_other_rows_are_good_and_parts_of_a_quarantined_report_are_not(cases):
    broken = sum(table == R for table, _, _, _ in CASES)
    assert len(cases[R].good) == len(CASES) + 1 - broken
    assert len(cases[R].quarantined) == broken
    assert cases[S].failed["belongs_to_report"] == broken
    assert FIRST + len(CASES) in cases[S].good.column("first_sequence").to_pylist()


def test_the_first_received_of_two_good_rows_stays():
    later = RECEIVED + timedelta(hours=1)
    second = build_rows(1, received_at=later)
    second[R][0]["visits"] = 9
    second[S][0]["sensor"] = "celsius"
    found = split(merge(second, build_rows(1)))
    (row,) = found[R].good.to_pylist()
    assert (row["visits"], row["received_at"]) == (2, RECEIVED)
    ((rule, reason),) = rules(found[R])
    assert rule == "unique_identity"
    assert reason.startswith("found identity kx-01-cam-1 00000000000000a1 1 more than once; exp")
    assert found[S].good.column("sensor").to_pylist() == ["lux"]  # of the report that stays
    assert [rule for rule, _ in rules(found[S])] == ["of_accepted_report"]
    assert [rule for rule, _ in rules(found[D])] == ["superseded"]


def test_a_corrected_row_supersedes_the_one_that_breaks_a_rule():
    poisoned = build_rows(1)
    poisoned[R][0]["person_ms"] = -1
    found = split(merge(poisoned, build_rows(1, received_at=RECEIVED + timedelta(hours=1))))
    assert found[R].good.column("person_ms").to_pylist() == [8_000]
    assert [rule for rule, _ in rules(found[R])] == ["superseded"]
    assert "counts_not_negative" not in found[R].failed
    assert found[R].counted == 0
    assert found[S].good.num_rows == 1


def test_equal_rows_are_counted_once_in_any_order():
    first, second = build_rows(1), build_rows(1)
    second[R][0]["config_digest"] = "b"
    ways = [split(merge(first, second, first)), split(merge(second, first, first))]
    assert ways[0][R].good.equals(ways[1][R].good)
    assert ways[0][R].good.num_rows == 1
    assert ways[0][R].counted == 2


def test_a_part_of_an_earlier_schema_belongs_to_its_report():
    rows = build_rows(1)
    del rows[S][0]["received_at"]
    assert split(rows)[S].good.num_rows == 1
