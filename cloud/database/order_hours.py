"""The UTC hours that a version of an order line books, with the booked time and price of each.

A slot that does not begin with a UTC hour (a zone with an offset of half an hour) is divided
between the two hours that it is part of. Divisions leave no remainder: the parts add up to the
whole.
"""

from collections.abc import Iterator
from typing import Final

from cloud.database.orders import decode_runs

HOUR_S: Final = 3_600


def sum_booked_hours(slots: str, price_minor: int) -> Iterator[tuple[int, int, int, int]]:
    """By UTC hour: its start, positions, their booked seconds and price.

    `slots` is the column of `order_line_versions`, `price_minor` the price of a position and hour
    where a run has none of its own.
    """
    sums: dict[int, tuple[int, int, int]] = {}
    for run in decode_runs(slots):
        price = run.positions * run.price_or(price_minor)
        for number in range(run.hours):
            slot = run.starts_at + number * HOUR_S
            late_s = slot % HOUR_S
            early_price = price * (HOUR_S - late_s) // HOUR_S
            parts = [(slot - late_s, HOUR_S - late_s, early_price)]
            if late_s:
                parts.append((slot - late_s + HOUR_S, late_s, price - early_price))
            for hour, length_s, part_price in parts:
                positions, booked_s, prices = sums.get(hour, (0, 0, 0))
                sums[hour] = (
                    max(positions, run.positions),
                    booked_s + run.positions * length_s,
                    prices + part_price,
                )
    for hour in sorted(sums):
        yield hour, *sums[hour]


def divide_evenly(whole: int, parts: int) -> list[int]:
    """Nearly equal parts that add up to the whole."""
    return [whole * (number + 1) // parts - whole * number // parts for number in range(parts)]
