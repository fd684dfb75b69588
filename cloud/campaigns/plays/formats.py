"""The formats of play logs: one row or object of each as a `LoggedPlay`.

Xibo: the CSV export of proof of play (`Type, FromDT, ToDT, Layout, Display, Media, ...`), of which
the rows of media count; times are those of the screen. Broadsign: a CSV of proof of play with a
display unit, an ad copy and an end or start time; durations are milliseconds. OpenDirect 2.1: the
stats of a line, as JSON. Columns that are not named here are ignored.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final, TextIO

from cloud.campaigns.plays.log_file import LogFileError, read_objects, read_rows
from cloud.campaigns.plays.names import LogNames
from cloud.campaigns.plays.play import LoggedPlay, PlayError, PlaySource
from cloud.campaigns.plays.times import (
    parse_milliseconds,
    parse_offset,
    parse_seconds,
    parse_start,
)

ZoneOf = Callable[[str], tzinfo]
PlayResult = LoggedPlay | PlayError
"""A play, or why a row is none."""

XIBO_COLUMNS: Final = ("type", "fromdt", "todt", "display", "media")
BROADSIGN_SCREEN: Final = ("display_unit", "display_unit_id", "display_unit_name")
BROADSIGN_CREATIVE: Final = ("ad_copy", "ad_copy_id", "ad_copy_name", "content")
SEVERAL: Final = "the row is a sum of several plays: export individual records"
NOT_MEDIA: Final = "the row is not about media"
NO_INSTANT: Final = "the start or the duration is beyond the calendar"
WRONG_LENGTH: Final = "the row has another number of columns than the header"


def read_plays(
    source: PlaySource, text: TextIO, names: LogNames, zone_of: ZoneOf
) -> Iterator[PlayResult]:
    """Every row of a log; `zone_of` gives the time zone of a screen.

    Raises:
        LogFileError: the file is not a log of that format.
    """
    if source is PlaySource.OPENDIRECT:
        yield from try_each(read_objects(text), lambda one: _parse_opendirect(one, names, zone_of))
    elif source is PlaySource.XIBO:
        rows = read_rows(text, XIBO_COLUMNS)
        yield from try_each(rows, lambda row: _parse_xibo(row, names, zone_of))
    else:
        rows = read_rows(text, ())
        yield from try_each(rows, lambda row: _parse_broadsign(row, names, zone_of))


def try_each(rows: Iterator[Any], parse: Callable[[Any], LoggedPlay]) -> Iterator[PlayResult]:
    for row in rows:
        try:
            yield parse(row)
        except PlayError as error:
            yield error
        except OverflowError:
            yield PlayError(NO_INSTANT)


def _parse_xibo(row: Mapping[str, str], names: LogNames, zone_of: ZoneOf) -> LoggedPlay:
    if not row:
        raise PlayError(WRONG_LENGTH)
    if row["type"].strip().lower() not in ("media", "widget"):
        raise PlayError(NOT_MEDIA)
    if row.get("count", "").strip() not in ("", "1"):
        raise PlayError(SEVERAL)
    location = names.resolve_screen(row["display"])
    zone = zone_of(location)
    started_at = parse_start(row["fromdt"], zone)
    return LoggedPlay(
        location=location,
        creative=names.resolve_creative(row["media"]),
        started_at=started_at,
        duration=parse_start(row["todt"], zone) - started_at,
    )


def _parse_broadsign(row: Mapping[str, str], names: LogNames, zone_of: ZoneOf) -> LoggedPlay:
    if not row:
        raise PlayError(WRONG_LENGTH)
    location = names.resolve_screen(_first_of(row, BROADSIGN_SCREEN))
    duration = parse_milliseconds(row.get("duration", row.get("duration_ms", "")))
    ended, started = row.get("end_time", "").strip(), row.get("start_time", "").strip()
    if started:
        started_at = parse_start(started, zone_of(location))
    elif ended and duration is not None:
        started_at = parse_start(ended, zone_of(location)) - duration
    else:
        raise PlayError("the row has no start_time, and no end_time with a duration")
    if row.get("repetitions", "").strip() not in ("", "1"):
        raise PlayError(SEVERAL)
    return LoggedPlay(
        location=location,
        creative=names.resolve_creative(_first_of(row, BROADSIGN_CREATIVE)),
        started_at=started_at,
        duration=duration,
    )


def _first_of(row: Mapping[str, str], columns: tuple[str, ...]) -> str:
    for name in columns:
        if name in row:
            return row[name]
    raise LogFileError(f"the header has none of the columns {', '.join(columns)}")


def _parse_opendirect(found: Any, names: LogNames, zone_of: ZoneOf) -> LoggedPlay:
    if not isinstance(found, dict):
        raise PlayError("the entry is no JSON object")
    values = {name: _to_text(value) for name, value in found.items()}
    location = names.resolve_screen(values.get("tagid") or values.get("deviceref", ""))
    offset = values.get("startutcoffset")
    zone = zone_of(location) if offset is None else parse_offset(offset)
    creative = values.get("crid") or values.get("creativeid", "")
    length = values.get("spotlength", "")
    return LoggedPlay(
        location=location,
        creative=names.resolve_creative(creative),
        started_at=parse_start(values.get("startdate", ""), zone),
        duration=parse_milliseconds(length),
        line=values.get("lineid", ""),
        ref=values.get("publisherplayoutref") or None,
    )


def parse_posted(values: Mapping[str, str], names: LogNames, zone_of: ZoneOf) -> LoggedPlay:
    """A play that was sent over HTTP; raises PlayError."""
    location = names.resolve_screen(values["location"])
    return LoggedPlay(
        location=location,
        creative=names.resolve_creative(values["creative"]),
        started_at=parse_start(values["started_at"], zone_of(location)),
        duration=parse_seconds(values.get("duration_s", "")),
        line=values.get("line", ""),
        ref=values.get("ref") or None,
    )


def _to_text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list)):
        return ""
    return str(value)
