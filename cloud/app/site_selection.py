"""Choosing places by their kind, and telling of those that an answer over many leaves out.

One place that cannot be answered for never takes the answer from the others: it is left out by name
and with its reason.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from cloud.pricing.openooh import lineage, refuse_unknown
from cloud.sites.site_model import Site

log = logging.getLogger(__name__)
Value = TypeVar("Value")


class OmittedLocation(BaseModel):
    """A place that is not in the answer, and why."""

    location: str = Field(examples=["KX-01"])
    reason: str = Field(examples=["slot 2027-03-28T01:00 does not exist in Europe/London: ..."])


def run_isolated(
    site: Site, work: Callable[[Site], Value], *anticipated: type[Exception]
) -> Value | OmittedLocation:
    """What `work` makes of one site; its failure is logged, and is that of this site alone.

    Failures of the database are those of every site and are raised, and so are `anticipated` ones.
    """
    try:
        return work(site)
    except Exception as fault:
        if isinstance(fault, (SQLAlchemyError, *anticipated)):
            raise
        log.exception("place.fault", extra={"location": site.id})
        why = f"a fault on this side ({type(fault).__name__}): the log has it with the location"
        return OmittedLocation(location=site.id, reason=why)


def select_by_venue(sites: Iterable[Site], asked: Collection[str]) -> list[Site]:
    """The sites of some kinds: by their OpenOOH 1.2 id, the id that is sent, or a broader one.

    Raises:
        VenueError: an id that names no kind of place; lists those of the sites.
    """
    held = list(sites)
    refuse_unknown(asked, (site.venue for site in held))
    wanted = set(asked)
    return [site for site in held if wanted.intersection(lineage(site.venue))]
