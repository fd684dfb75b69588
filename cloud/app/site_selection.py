"""Select sites by venue, and isolate the failure of one site in an answer about several.

A site that fails is omitted with its id and the reason; the others are answered.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from cloud.sites.openooh import lineage, refuse_unknown
from cloud.sites.site_model import Site

log = logging.getLogger(__name__)
Value = TypeVar("Value")


class OmittedLocation(BaseModel):
    """A location that is not in the answer, and the reason."""

    location: str = Field(examples=["KX-01"])
    reason: str = Field(examples=["slot 2027-03-28T01:00 does not exist in Europe/London: ..."])


def run_isolated(
    site: Site, work: Callable[[Site], Value], *anticipated: type[Exception]
) -> Value | OmittedLocation:
    """The result of `work` for one site; a failure is logged and omits this site alone.

    Failures of the database concern every site and are raised, and so are `anticipated` ones.
    """
    try:
        return work(site)
    except Exception as fault:
        if isinstance(fault, (SQLAlchemyError, *anticipated)):
            raise
        log.exception("place.fault", extra={"location": site.id})
        why = f"an internal error ({type(fault).__name__}): the log has the cause with the location"
        return OmittedLocation(location=site.id, reason=why)


def select_by_venue(sites: Iterable[Site], asked: Collection[str]) -> list[Site]:
    """The sites of some venues: by their OpenOOH 1.2 id, the id in answers, or a broader one.

    Raises:
        VenueError: an id that names no venue; lists those of the sites.
    """
    held = list(sites)
    refuse_unknown(asked, (site.venue for site in held))
    wanted = set(asked)
    return [site for site in held if wanted.intersection(lineage(site.venue))]
