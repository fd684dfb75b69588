"""Read an analysis: what kind it is, and which columns it uses."""

from typing import Annotated, Literal

from msgspec import Meta

from cloud.products.definitions.columns import DefinitionPart, Name

Span = tuple[Name, Name]


class Driver(DefinitionPart, frozen=True, kw_only=True):
    """A possible reason of a change, as a number of each case: exactly one of the fields.

    `changed`: 1 where the column differs from the group's first value. `days`: days between two
    columns. `number`: the column itself. `holidays`: public holidays between two columns.
    """

    changed: Name | None = None
    days: Span | None = None
    number: Name | None = None
    holidays: Span | None = None


class ChangePointAnalysis(DefinitionPart, frozen=True, kw_only=True):
    """Where the mean length of a step changed for good, by group, and what goes with it."""

    kind: Literal["change_points"]
    reads: Annotated[str, Meta(pattern=r"^(curated|trusted)\.[a-z][a-z0-9_]*$")]
    group: Name
    day: Name
    measure: Span
    least_factor: Annotated[float, Meta(gt=1, le=100)]
    drivers: Annotated[dict[Name, Driver], Meta(min_length=1)]
    holidays_of: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "GB"
