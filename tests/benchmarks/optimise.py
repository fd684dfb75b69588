"""How good and how quick the optimiser is on 67,200 slots, beside greedy: prints a table.

`python tests/benchmarks/optimise.py [--seeds N] [--json]`. A hundred places, 168 hours, four weeks;
invented prices and audiences. `gap` is to the bound that no plan can beat, CPU seconds are this
process's own. Greedy takes the best contacts for the money; lazy greedy the most new people for
the money, looking again at what it took. Neither knows minimums: what they break is counted.
"""

import argparse
import heapq
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cloud.pricing.optimise.audit import find_violations
from cloud.pricing.optimise.brief import AudienceGroup, Brief, Caps, Minimum, Objective
from cloud.pricing.optimise.linear_program import build_linear_program
from cloud.pricing.optimise.offer import GroupAudience, Integers, Offer
from cloud.pricing.optimise.plan import MediaPlan
from cloud.pricing.optimise.relaxation import solve_relaxation
from cloud.pricing.optimise.rounding import fill_remaining
from cloud.pricing.optimise.search import optimise
from wire.audience import AgeGroup

PLACES, HOURS = 100, 168 * 4
CAPS = Caps(max_spots_per_screen=120)
YOUNG = AudienceGroup(ages=frozenset({AgeGroup.FROM_18}))
OLD = AudienceGroup(ages=frozenset({AgeGroup.FROM_55}))
REACH: dict[str, object] = {"objective": Objective.REACH}
BUDGET_SHARES = (0.01, 0.05, 0.2)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    seed: int
    budget_share: float
    case: str
    method: str
    value: float
    gap_percent: float
    cpu_s: float
    slots: int
    broken: int


def invented(seed: int) -> Offer:
    """A network whose places differ in size and whose hours follow the day."""
    chance = np.random.default_rng(seed)
    location = np.repeat(np.arange(PLACES), HOURS)
    hour = np.tile(np.arange(HOURS), PLACES)
    size = chance.lognormal(0, 0.6, PLACES)[location]
    shape = 1 + 0.8 * np.sin((hour % 24 - 8) / 24 * 2 * np.pi)
    contacts = np.round(5 * size * shape * chance.lognormal(0, 0.3, hour.size), 4)
    price = np.round(10 * contacts**0.8 * chance.lognormal(0, 0.35, hour.size))
    people = np.bincount(location, weights=contacts) * 0.15
    young, old = (contacts * chance.uniform(0.05, 0.3, hour.size) for _ in range(2))
    return Offer(
        key=np.arange(hour.size).astype(str),
        names=tuple(f"L{place:03}" for place in range(PLACES)),
        location=location,
        day=hour // 24,
        price_minor=np.maximum(5, price).astype(np.int64),
        free=np.ones(hour.size, dtype=np.int64),
        target=GroupAudience(contacts, people),
        low=contacts * 0.7,
        high=contacts * 1.4,
        groups={
            YOUNG.name: GroupAudience(young, people * 0.2),
            OLD.name: GroupAudience(old, people * 0.2),
        },
    )


def brief(offer: Offer, share: float, **asked: object) -> Brief:
    """A brief for a share of what the whole offer costs."""
    fields: dict[str, object] = {
        "budget_minor": int(offer.price_minor.sum() * share),
        "currency": "GBP",
        "first_on": date(2026, 11, 23),
        "until_on": date(2026, 12, 21),
        "caps": CAPS,
    }
    return Brief(**(fields | asked))  # type: ignore[arg-type]


def cases(offer: Offer, share: float) -> Iterator[tuple[str, Brief]]:
    """The same money asked for in six ways; minimums a tenth above what comes by itself."""
    plain = brief(offer, share)
    yield "impressions", plain
    relaxed = solve_relaxation(build_linear_program(plain, offer))
    assert relaxed is not None
    by_itself = {
        group.name: offer.groups[group.name].contacts @ relaxed.positions for group in (YOUNG, OLD)
    }
    minimums = tuple(
        Minimum(group, "impressions", float(by_itself[group.name] * times))
        for group, times in ((YOUNG, 1.1), (OLD, 1.05))
    )
    yield "impressions, 2 minimums", brief(offer, share, minimums=minimums)
    yield "reach", brief(offer, share, **REACH)
    young = offer.groups[YOUNG.name]
    reached = young.reach(offer.by_location(young.contacts * relaxed.positions)).sum()
    least = (Minimum(YOUNG, "reach", float(reached * 1.02)),)
    yield "impressions, reach minimum", brief(offer, share, minimums=least)
    yield "reach, every cap", brief(offer, share, caps=every_cap(offer, share), **REACH)
    yield "return", brief(offer, share, objective=Objective.ROI, value_minor=12.0, min_roi=0.1)


def every_cap(offer: Offer, share: float) -> Caps:
    """By day and by money as well: 2,900 rows."""
    spend = int(offer.price_minor.sum() * share / PLACES * 1.5)
    return Caps(
        max_spots_per_screen=120, max_spots_per_screen_per_day=6, max_spend_per_screen_minor=spend
    )


def greedy(asked: Brief, offer: Offer) -> Integers:
    """The best contacts for the money first, as long as budget and caps hold."""
    return fill_remaining(build_linear_program(asked, offer), np.zeros(len(offer), dtype=np.int64))


def lazy_greedy(asked: Brief, offer: Offer) -> Integers:
    """The most new people for the money first; a stale promise is looked at again (CELF)."""
    positions = np.zeros(len(offer), dtype=np.int64)
    people, contacts = offer.target.people, offer.target.contacts
    held, bought = np.zeros(PLACES), np.zeros(PLACES, dtype=np.int64)
    left_minor = asked.budget_minor
    promised = contacts / offer.price_minor
    queue = [(-promise, slot, 0) for slot, promise in enumerate(promised.tolist())]
    heapq.heapify(queue)
    while queue:
        _, slot, looked = heapq.heappop(queue)
        place = int(offer.location[slot])
        price_minor = int(offer.price_minor[slot])
        if price_minor > left_minor or bought[place] >= (asked.caps.max_spots_per_screen or 0):
            continue
        if looked < bought[place]:
            now = people[place] * np.exp(-held[place] / people[place])
            gain = -now * np.expm1(-contacts[slot] / people[place])
            heapq.heappush(queue, (-gain / price_minor, slot, int(bought[place])))
            continue
        positions[slot] = 1
        held[place] += contacts[slot]
        bought[place] += 1
        left_minor -= price_minor
    return positions


def measured(everything: Offer, seed: int, share: float) -> Iterator[Row]:
    """Every case by the optimiser and by greedy, on the same bound."""
    for case, asked in cases(everything, share):
        offer = build_linear_program(asked, everything).offer
        started_s = time.process_time()
        with silence():
            plan = optimise(asked, offer)
        took_s = time.process_time() - started_s
        assert isinstance(plan, MediaPlan), plan.sentence
        keys = {line.key for line in plan.lines}
        positions = np.array([key in keys for key in offer.key.tolist()], dtype=np.int64)
        yield _row(seed, share, case, "optimiser", asked, offer, plan, positions, took_s)
        for method, way in _rivals(asked):
            started_s = time.process_time()
            positions = way(asked, offer)
            took_s = time.process_time() - started_s
            yield _row(seed, share, case, method, asked, offer, plan, positions, took_s)


@contextmanager
def silence() -> Iterator[None]:
    """The solver talks to itself on standard output now and then."""
    sys.stdout.flush()
    heard, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(heard, 1)
        os.close(heard)
        os.close(nowhere)


def _rivals(asked: Brief) -> list[tuple[str, Callable[[Brief, Offer], Integers]]]:
    lazy = [("lazy greedy", lazy_greedy)] if asked.objective is Objective.REACH else []
    return [("greedy", greedy), *lazy]


def _row(
    seed: int,
    share: float,
    case: str,
    method: str,
    asked: Brief,
    offer: Offer,
    plan: MediaPlan,
    positions: Integers,
    took_s: float,
) -> Row:
    value = build_linear_program(asked, offer).value(positions.astype(float))
    broken = len(find_violations(asked, offer, positions))
    gap = 100 * (1 - value / plan.bound)
    return Row(seed, share, case, method, value, gap, took_s, int(positions.sum()), broken)


def main() -> int:
    """Print the table; 1 when the optimiser misses its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = []
    head = ("seed", "budget", "case", "method", "value", "gap %", "CPU s", "slots", "broken")
    if not chosen.json:
        print("{:>4} {:>6} {:<27} {:<12} {:>11} {:>8} {:>6} {:>6} {:>6}".format(*head))
    for seed in range(chosen.seeds):
        offer = invented(seed)
        for share in BUDGET_SHARES:
            for row in measured(offer, seed, share):
                rows.append(row)
                if not chosen.json:
                    print(
                        f"{row.seed:>4} {row.budget_share:>6.0%} {row.case:<27} {row.method:<12} "
                        f"{row.value:>11,.1f} {row.gap_percent:>8.4f} {row.cpu_s:>6.2f} "
                        f"{row.slots:>6} {row.broken:>6}",
                        flush=True,
                    )
    if chosen.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    ours = [row for row in rows if row.method == "optimiser"]
    missed = [row for row in ours if row.gap_percent > 0.5 or row.cpu_s > 10 or row.broken]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
