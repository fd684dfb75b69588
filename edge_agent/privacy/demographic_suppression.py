"""Groups of people too small to be told of wait until they are large enough.

A report's totals are always whole; only the split by age group and gender is held back. A cell
(one age group and gender) leaves when at least `smallest` visits of it have come together, in a
report that has as many visits of its own, so that no report describes more people than it counts.
What waits when the agent ends is never described. So, over any time: every described visit is
described once, and described visits are at most all visits.
"""

from collections.abc import Iterable

from wire.audience import AgeGroup, DemographicCell, Gender


class DemographicSuppression:
    """The cells that wait."""

    def __init__(self, smallest: int) -> None:
        self._smallest = smallest
        self._held: dict[tuple[AgeGroup, Gender], tuple[int, int]] = {}  # visits, onlookers

    @property
    def waiting_visits(self) -> int:
        """Visits that wait to be described."""
        return sum(visits for visits, _ in self._held.values())

    def add(self, cells: Iterable[DemographicCell]) -> None:
        """Ended visits as they were described; unknown ones describe nobody and are left out."""
        for cell in cells:
            if (cell.age, cell.gender) == (AgeGroup.UNKNOWN, Gender.UNKNOWN):
                continue
            visits, onlookers = self._held.get((cell.age, cell.gender), (0, 0))
            self._held[cell.age, cell.gender] = visits + cell.visits, onlookers + cell.onlookers

    def release(self, visits: int, onlookers: int) -> tuple[DemographicCell, ...]:
        """What a report of so many visits and onlookers may say, the largest cells first."""
        leaving = []
        for which in sorted(self._held, key=lambda which: -self._held[which][0]):
            cell = self._part(which, visits, onlookers)
            if cell is None:
                continue
            leaving.append(cell)
            visits, onlookers = visits - cell.visits, onlookers - cell.onlookers
            waiting, looked = self._held[which]
            self._held[which] = waiting - cell.visits, looked - cell.onlookers
        return tuple(leaving)

    def _part(
        self, which: tuple[AgeGroup, Gender], visits: int, onlookers: int
    ) -> DemographicCell | None:
        waiting, looked = self._held[which]
        told = min(waiting, visits)
        told_looked = min(looked, told, onlookers)
        left_cannot_hold = looked - told_looked > waiting - told
        if told < self._smallest or left_cannot_hold:
            return None
        return DemographicCell(age=which[0], gender=which[1], visits=told, onlookers=told_looked)
