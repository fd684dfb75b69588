"""Suppresses small demographic groups: they wait on the device until they are large enough.

Totals of a report are always complete; only the breakdown by age group and gender is withheld. A
cell (one age group and gender) is released when at least `smallest` visits have accumulated, in a
report with as many visits of its own, so no report describes more people than it counts. Cells that
wait when the agent ends are never reported. Over any period every described visit is reported at
most once, and reported visits do not exceed all visits.
"""

from collections.abc import Iterable

from wire.audience import AgeGroup, DemographicCell, Gender


class DemographicSuppression:
    """The cells that wait."""

    def __init__(self, smallest: int) -> None:
        self._smallest = smallest
        self._waiting: dict[tuple[AgeGroup, Gender], tuple[int, int]] = {}  # visits, onlookers

    @property
    def waiting_visits(self) -> int:
        """Visits in the waiting cells."""
        return sum(visits for visits, _ in self._waiting.values())

    def add(self, cells: Iterable[DemographicCell]) -> None:
        """Add ended visits; visits without a description are left out."""
        for cell in cells:
            if (cell.age, cell.gender) == (AgeGroup.UNKNOWN, Gender.UNKNOWN):
                continue
            visits, onlookers = self._waiting.get((cell.age, cell.gender), (0, 0))
            self._waiting[cell.age, cell.gender] = visits + cell.visits, onlookers + cell.onlookers

    def release(self, visits: int, onlookers: int) -> tuple[DemographicCell, ...]:
        """Release cells to a report of so many visits and onlookers, the largest cells first."""
        released = []
        for key in sorted(self._waiting, key=lambda key: -self._waiting[key][0]):
            cell = self._part(key, visits, onlookers)
            if cell is None:
                continue
            released.append(cell)
            visits, onlookers = visits - cell.visits, onlookers - cell.onlookers
            waiting, waiting_onlookers = self._waiting[key]
            self._waiting[key] = waiting - cell.visits, waiting_onlookers - cell.onlookers
        return tuple(released)

    def _part(
        self, key: tuple[AgeGroup, Gender], visits: int, onlookers: int
    ) -> DemographicCell | None:
        waiting, waiting_onlookers = self._waiting[key]
        released_visits = min(waiting, visits)
        released_onlookers = min(waiting_onlookers, released_visits, onlookers)
        is_inconsistent = waiting_onlookers - released_onlookers > waiting - released_visits
        if released_visits < self._smallest or is_inconsistent:
            return None
        return DemographicCell(
            age=key[0], gender=key[1], visits=released_visits, onlookers=released_onlookers
        )
