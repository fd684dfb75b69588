"""Expire the lake: days past their retention, files of expired snapshots, unlisted files."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.auth.audit import record_change
from cloud.database import writing
from cloud.lake import lifecycle
from cloud.lake.lake import Lake
from cloud.lake.ownership import require_own_files
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.retention import drop_expired_days

ACTION: Final = "lake.expired"


@dataclass(frozen=True, slots=True)
class ExpiryResult:
    """Rows that are past their retention, and files by what became of them."""

    rows_past_retention: int
    retired: int
    deleted: int
    unlisted: int


def expire(
    lake: Lake, *, actor: str, now: datetime, time_travel: timedelta = lifecycle.TIME_TRAVEL
) -> ExpiryResult:
    """Expire what is due, and record it in the audit log when anything was.

    Raises:
        ForeignLakeError: the files belong to another database. Nothing is changed.
    """
    require_own_files(lake)
    dropped = list(drop_expired_days(lake, contracted_tables(), now=now))
    result = ExpiryResult(
        rows_past_retention=sum(one.rows_removed for one in dropped),
        retired=lifecycle.retire(lake, now=now),
        deleted=lifecycle.delete_expired(lake, now=now, time_travel=time_travel),
        unlisted=len(lifecycle.delete_unlisted(lake, now=now)),
    )
    if any(asdict(result).values()):
        with writing(lake.engine) as connection:
            record_change(
                connection, at=now, actor=actor, action=ACTION, about="lake",
                details=asdict(result),
            )  # fmt: skip
    return result
