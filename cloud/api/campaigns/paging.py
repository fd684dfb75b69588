"""Pages of lists: one entry more than a page is read, to know whether another page follows."""

from collections.abc import Sequence
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Query

MAX_PAGE: Final = 100

After = Annotated[str | None, Query(max_length=64, description="`next` of a page")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


class Listed(Protocol):
    """An entry of a list."""

    @property
    def id(self) -> str:
        """What the next page begins after."""


Entry = TypeVar("Entry", bound=Listed)


def cut_page(found: Sequence[Entry], limit: int) -> tuple[Sequence[Entry], str | None]:
    """The entries of a page, and `after` of the next page; None on the last."""
    shown = found[:limit]
    return shown, shown[-1].id if len(found) > limit else None
