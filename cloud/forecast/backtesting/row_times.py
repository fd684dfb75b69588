"""Times of a table on one local clock: offsets are honoured, clock changes are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.forecast.backtesting.row_hours import RowTimes, TableError
from cloud.forecast.series import Flags

YEARS: Final = range(1900, 2200)
MOST_SAID: Final = 300
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - of a local clock
SECOND: Final = timedelta(seconds=1)
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Moment:
    """One time: seconds of the local clock since 1970, and the effect of a clock change."""

    local_s: int
    fold: int = 0
    is_ambiguous: bool = False
    is_impossible: bool = False


def read_times(
    column_of: Any, *, zone: ZoneInfo | None, date_format: str | None, column: str
) -> RowTimes:
    """The times of a column; each distinct value is parsed once. TableError for an invalid one."""
    try:
        encoded = column_of.combine_chunks().dictionary_encode()
    except NotImplementedError:  # a nested type
        raise TableError(f"{column!r} is a column of {column_of.type}, not of times") from None
    written = encoded.dictionary.to_pylist()
    if encoded.null_count:
        raise TableError(f"{encoded.null_count} rows have no time in {column!r}: remove them")
    try:
        moments = [_moment(one, date_format) for one in written]
    except ValueError as error:
        raise TableError(
            f"the time column {column!r} holds a value that is not a time: "
            f"{str(error)[:MOST_SAID]}; write 2026-11-23T08:00, or give --date-format"
        ) from error
    strange = next((moment for moment in moments if moment.year not in YEARS), None)
    if strange is not None:
        raise TableError(f"the time column holds {strange}: expected years from 1900 to 2199")
    aware = [moment.tzinfo is not None for moment in moments]
    if any(aware) and not all(aware):
        raise TableError(
            f"some times of {column!r} have an offset and some have none: write all in one way"
        )
    if zone is None:
        raise TableError(_needs_zone(column, is_aware=all(aware)))
    found = list(_aware(moments, zone) if all(aware) else _naive(moments, zone))
    which = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return RowTimes(
        local_s=np.array([one.local_s for one in found], dtype=np.int64)[which],
        fold=np.array([one.fold for one in found], dtype=np.int64)[which],
        ambiguous=_flags(one.is_ambiguous for one in found)[which],
        impossible=_flags(one.is_impossible for one in found)[which],
    )


def _needs_zone(column: str, *, is_aware: bool) -> str:
    what = "have offsets" if is_aware else "have no offset"
    why = "on which local clock their weeks are" if is_aware else "of which clock they are"
    return f"the times of {column!r} {what}: say {why} with --timezone, such as Europe/London"


def _flags(found: Iterator[bool]) -> Flags:
    return np.array(list(found), dtype=bool)


def _moment(written: Any, date_format: str | None) -> datetime:
    if isinstance(written, datetime):
        return written
    if isinstance(written, date):
        raise ValueError(f"{written} is a day, not an hour")
    text = str(written).strip()
    if date_format is not None:
        return datetime.strptime(text, date_format)  # noqa: DTZ007 - the zone is an option
    if len(text) <= len("2026-11-23"):
        raise ValueError(f"{text!r} is a day, not an hour")
    return datetime.fromisoformat(text)


def _aware(moments: list[datetime], zone: ZoneInfo) -> Iterator[_Moment]:
    for moment in moments:
        local = moment.astimezone(zone)
        yield _Moment((local.replace(tzinfo=None, fold=0) - EPOCH) // SECOND, local.fold)


def _is_impossible(local: datetime) -> bool:
    """Whether a clock change skips this local time."""
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) != local.replace(tzinfo=None)


def _naive(moments: list[datetime], zone: ZoneInfo) -> Iterator[_Moment]:
    """Local times as written: a clock change makes some of them happen twice and others never."""
    for moment in moments:
        first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        changes = first.utcoffset() != second.utcoffset()
        impossible = changes and _is_impossible(first)
        yield _Moment(
            (moment - EPOCH) // SECOND,
            is_ambiguous=changes and not impossible,
            is_impossible=impossible,
        )
