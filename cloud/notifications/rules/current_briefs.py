"""The saved briefs whose time has not passed; one that cannot be read stops no other."""

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.planning.stored_plans import read_stored_request
from cloud.pricing.optimise.brief import Brief
from cloud.sales.saved_briefs import SavedBrief, list_all_briefs

log = logging.getLogger(__name__)


def read_current_briefs(
    connection: Connection, now: datetime
) -> Iterator[tuple[SavedBrief, Brief]]:
    """Each saved brief with its limits."""
    for saved in list_all_briefs(connection):
        try:
            brief = read_stored_request(saved.question).to_brief()
        except ValueError as error:  # refused by rules that are newer than the brief
            fields = {"brief": saved.id, "error": type(error).__name__}
            log.warning("notices.brief_unreadable", extra=fields)
            continue
        if brief.until_on > now.date():
            yield saved, brief
