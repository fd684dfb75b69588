"""Broadsign: the audience of display units by hour, so that its formula yields our impressions.

Broadsign computes the impressions of a play from the audience of the hour, by the method that the
loop policy names: `dwell` divides it by the loops of an hour, `prorated` by the seconds of an hour
times the length of the slot. The file has the audience for which that formula returns the
opportunities to see of one play.

Broadsign reads ASCII with commas, a header, dots in numbers and no quotes. Its columns are those of
the template that it offers; columns that are not named here stay empty. Hours without a known
audience have no row, and neither has the second of two hours that have one local time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final, TextIO

from cloud.pricing.impressions import Spot
from cloud.trade.exports.play_values import ExportError, HourValue

STEP: Final = Decimal("1e-6")
HOUR_S: Final = 3_600
MOST_ROWS: Final = 1_000_000
FIELDS: Final = (
    "display_unit", "date", "start_time", "end_time", "audience_calculation_method",
    "audience_per_hour", "impressions_per_play",
)  # fmt: skip
LAST_SECOND: Final = timedelta(seconds=1)


class AudienceMethod(StrEnum):
    """Broadsign's loop policy variable `audience_calculation_method`."""

    DWELL = "dwell"
    PRORATED = "prorated"


@dataclass(frozen=True, slots=True)
class BroadsignLayout:
    """The columns of the file: names of the template, each with one of FIELDS or None."""

    columns: tuple[tuple[str, str | None], ...] = field(
        default=tuple((name, name) for name in FIELDS)
    )


def read_layout(header: str, mapped: Mapping[str, str]) -> BroadsignLayout:
    """The columns of a template, of which some are mapped to FIELDS; those of our names are known.

    Raises:
        ExportError: a mapped column is not in the template, or no column has the audience.
    """
    names = [name.strip() for name in header.lstrip("\ufeff").strip().split(",")]
    unknown = sorted({*mapped} - {*names}) or sorted({*mapped.values()} - {*FIELDS})
    if unknown:
        raise ExportError(
            f"{unknown[0]!r} is unknown: the template has {', '.join(names)[:400]}; "
            f"values are {', '.join(FIELDS)}"
        )
    columns = tuple(
        (name, mapped.get(name) or (name if name in FIELDS else None)) for name in names
    )
    given = {value for _, value in columns}
    if "display_unit" not in given or not given & {"audience_per_hour", "impressions_per_play"}:
        raise ExportError(
            "the columns need display_unit, and audience_per_hour or impressions_per_play: "
            "name them with --column THEIRS=OURS"
        )
    return BroadsignLayout(columns)


def compute_audience(impressions: Decimal, spot: Spot, method: AudienceMethod) -> Decimal:
    """The audience of an hour for which Broadsign computes these impressions of a play."""
    if method is AudienceMethod.DWELL:
        return impressions * spot.plays_per_hour
    return impressions * HOUR_S / Decimal(str(spot.spot_s))


def compute_impressions(audience: Decimal, spot: Spot, method: AudienceMethod) -> Decimal:
    """Broadsign's formula: the impressions of a play from the audience of the hour."""
    if method is AudienceMethod.DWELL:
        return audience / spot.plays_per_hour
    return audience / HOUR_S * Decimal(str(spot.spot_s))


def write_csv(
    values: Iterable[HourValue],
    units: Mapping[str, str],
    method: AudienceMethod,
    layout: BroadsignLayout,
    to: TextIO,
) -> int:
    """Write the header and a row for each hour with a known audience; returns the rows.

    `units` has the display unit of each location, by default the id of the location.
    """
    _write_row([name for name, _ in layout.columns], to)
    written: set[tuple[str, str]] = set()
    for value in values:
        local_time = f"{value.slot.local:%Y-%m-%dT%H:%M}"
        if value.impressions is None or (value.site.id, local_time) in written:
            continue
        if len(written) == MOST_ROWS:
            raise ExportError(f"more than {MOST_ROWS} rows: export fewer hours or screens")
        written.add((value.site.id, local_time))
        known = _describe(value, value.impressions, units.get(value.site.id, value.site.id), method)
        _write_row(["" if name is None else known[name] for _, name in layout.columns], to)
    return len(written)


def _describe(
    value: HourValue, impressions: Decimal, unit: str, method: AudienceMethod
) -> dict[str, str]:
    starts_at = value.slot.local
    ends_at = starts_at + timedelta(hours=1) - LAST_SECOND
    audience = compute_audience(impressions, value.spot, method)
    return {
        "display_unit": unit,
        "date": f"{starts_at:%Y-%m-%d}",
        "start_time": f"{starts_at:%H:%M:%S}",
        "end_time": f"{ends_at:%H:%M:%S}",
        "audience_calculation_method": method.value,
        "audience_per_hour": f"{audience.quantize(STEP, ROUND_HALF_UP):f}",
        "impressions_per_play": f"{impressions:f}",
    }


def _write_row(values: Sequence[str], to: TextIO) -> None:
    for text in values:
        if not text.isascii() or not text.isprintable() or set(text) & set(',"'):
            raise ExportError(
                f"{text[:60]!a} cannot be written: Broadsign reads ASCII without commas, quotes; "
                "give another name for the display unit"
            )
    to.write(",".join(values) + "\n")
