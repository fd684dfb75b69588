"""A quality gate from the trusted to the curated zone, as `product.yaml` declares it."""

import re
from typing import Annotated

from msgspec import Meta

from cloud.lake.tables import Zone
from cloud.products.definitions.columns import DefinitionPart, Name, Text

Query = Annotated[str, Meta(min_length=1, max_length=4_000)]


class Gate(DefinitionPart, frozen=True, kw_only=True):
    """A whole number that a query over the trusted tables returns, and its bounds.

    A query that returns null finds nothing to judge, such as a share of no rows: the gate holds.
    """

    name: Name
    description: Text
    query: Query
    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"gate {self.name}: expected at_least, at_most or both")
        if not self.reads:
            raise ValueError(f"gate {self.name}: its query reads no table trusted_TABLE")

    @property
    def reads(self) -> tuple[str, ...]:
        """The trusted tables that the query reads, as `zone.table`."""
        named = re.findall(rf"\b{Zone.TRUSTED}_(\w+)", self.query)
        return tuple(dict.fromkeys(f"{Zone.TRUSTED}.{name}" for name in named))

    @property
    def expected(self) -> str:
        """The bounds as a sentence has them."""
        bounds = (("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)

    def holds(self, found: int | None) -> bool:
        """Whether the number lies within the bounds."""
        if found is None:
            return True
        is_enough = self.at_least is None or found >= self.at_least
        return is_enough and (self.at_most is None or found <= self.at_most)
