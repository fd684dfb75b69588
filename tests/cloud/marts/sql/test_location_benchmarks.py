"""Locations are compared with the quartiles of all, and of those of their venue type."""

import statistics
from typing import Any

from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS, MEASURES
from cloud.marts.dimensions import list_locations
from cloud.marts.duckdb_engine import DuckDbEngine
from cloud.marts.engine import compute_mart
from cloud.marts.profiles import describe_period, list_benchmark_measures
from simulators.synthetic.cameras import create_sites
from tests.cloud.marts.mart_rows import days, hour, metrics

IDS = [camera.address.location for camera in create_sites(9, seed=1)]
Key = tuple[str, str, str]


def compute(number: int, observed: int = 8) -> dict[Key, dict[str, Any]]:
    """Locations with more onlookers from one to the next; the venue type of the last is its own."""
    rows = [
        hour(name, day, onlookers=10 * (at + 1) + (at == 0) * (n % 2), people=1 + at)
        for at, name in enumerate(IDS[:number])
        for n, day in enumerate(days(observed))
    ]
    places = [
        {"location": name, "venue_type": "10101" if at < number - 1 else "20101"}
        for at, name in enumerate(IDS[:number])
    ]
    inputs = {
        "audience_metrics": metrics(*rows, *(hour("ZZ-01", day) for day in days(observed))),
        "dim_location": list_locations([]).from_pylist(places),
        "benchmark_measures": list_benchmark_measures(),
        "profile_period": describe_period(days(1)[0], days(observed)[-1]),
    }
    found = compute_mart(DuckDbEngine(threads=1), LOCATION_BENCHMARKS, inputs).to_pylist()
    return {(row["location"], row["peers"], row["measure"]): row for row in found}


def test_quartiles_are_values_of_locations_by_nearest_rank() -> None:
    for number in (5, 6, 7, 8):
        found = compute(number)
        row = found[IDS[1], "all", "attention_rate_milli"]
        rates = [one["value"] for key, one in found.items() if key[1:] == row_key(row)]
        assert row["locations"] == len(rates) == number
        assert row["median"] == int(statistics.median(rates))
        below = [sum(rate <= row[name] for rate in rates) for name in
                 ("lower_quartile", "upper_quartile")]  # fmt: skip
        assert below == [-(-number // 4), -(-3 * number // 4)]


def row_key(row: dict[str, Any]) -> tuple[str, str]:
    return row["peers"], row["measure"]


def test_a_location_stands_above_within_or_below_its_peers() -> None:
    found = compute(8)
    rows = [found[name, "all", "effectiveness_micro"] for name in IDS[:8]]
    assert [row["standing"] for row in rows] == ["below", *["within"] * 5, "above", "above"]
    assert [row["rank"] for row in rows] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert rows[7]["versus_median_milli"] == 1000 * 800 * 8_000 // rows[7]["median"]
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]
    assert {row["relative_error_ppm"] for row in rows[1:]} == {0}
    assert {key[2] for key in found} == set(MEASURES)


def test_a_venue_type_of_few_locations_has_no_quartiles() -> None:
    found = compute(8)
    alone = found[IDS[7], "venue_type", "crowd_milli"]
    assert (alone["locations"], alone["median"], alone["standing"]) == (1, None, None)
    others = found[IDS[0], "venue_type", "crowd_milli"]
    assert (others["locations"], others["venue_type"], others["median"]) == (7, "10101", 4_000)


def test_only_listed_locations_with_enough_days_take_part() -> None:
    assert compute(5, observed=6) == {}
    assert "ZZ-01" not in {key[0] for key in compute(5)}
