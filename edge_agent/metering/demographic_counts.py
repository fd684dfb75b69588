"""Counts the demographics of ended visits; small groups are withheld."""

from collections import Counter

from msgspec import UNSET, UnsetType

from edge_agent.perception.demographics import Demographics
from edge_agent.privacy.demographic_suppression import DemographicSuppression
from wire.audience import DemographicCell, Expression


class DemographicCounts:
    """The demographic counts that have not been reported yet."""

    def __init__(self, smallest: int) -> None:
        self.smallest = smallest
        self._cells = DemographicSuppression(smallest)
        self._expressions: Counter[Expression] = Counter()

    def add(self, person: Demographics, *, engaged: bool) -> None:
        """Add one ended visit."""
        cell = DemographicCell(
            age=person.age, gender=person.gender, visits=1, onlookers=int(engaged)
        )
        self._cells.add([cell])
        if person.expression is not Expression.UNKNOWN:
            self._expressions[person.expression] += 1

    def cells(self, visits: int, onlookers: int) -> tuple[DemographicCell, ...]:
        """The cells that a report with so many visits and onlookers may hold."""
        return self._cells.release(visits, onlookers)

    def expressions(self, visits: int) -> dict[Expression, int] | UnsetType:
        """The expressions of large enough groups, at most as many as the report has visits."""
        released: dict[Expression, int] = {}
        for expression, waiting in self._expressions.most_common():
            count = min(waiting, visits)
            if count >= self.smallest:
                released[expression] = count
                visits -= count
        self._expressions.subtract(released)
        return released or UNSET
