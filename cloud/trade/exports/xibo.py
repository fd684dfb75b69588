"""Xibo 4: `impressionsPerPlay` and `costPerPlay` of displays, as CSV or as bodies for its API.

Both are columns with four decimals of Xibo's table of displays; `customId` is the id of the screen
here. Xibo has one value for a display, so an export is of one hour, or of a campaign as delivered.
A row of a campaign names the media too, as the proof of play does. Where nothing is known of the
audience, `impressionsPerPlay` is empty, which Xibo stores as unknown.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TextIO

import msgspec

from cloud.campaigns.plays.names import NameAliases
from cloud.trade.exports.play_values import HourValue, PlayedValue

STEP: Final = Decimal("0.0001")
LARGEST: Final = Decimal(10) ** 6
"""Beyond ten digits, four of them decimals, Xibo's columns overflow."""
COLUMNS: Final = ("display", "customId", "media", "impressionsPerPlay", "costPerPlay")


class XiboError(ValueError):
    """A value that Xibo cannot store."""


@dataclass(frozen=True, slots=True)
class XiboDisplay:
    """What is set for a display; `media` is empty where it is for everything that is shown."""

    display: str
    custom_id: str
    media: str
    impressions_per_play: Decimal | None
    cost_per_play: Decimal

    def to_form(self) -> dict[str, str]:
        """The fields of `PUT /api/display/{displayId}` as Xibo's API takes them."""
        fields = {"customId": self.custom_id, "costPerPlay": f"{self.cost_per_play:f}"}
        if self.impressions_per_play is not None:
            fields["impressionsPerPlay"] = f"{self.impressions_per_play:f}"
        return fields


class XiboNames:
    """What Xibo calls screens and media, from the aliases that imports of its logs use."""

    def __init__(self, names: Mapping[str, str], aliases: NameAliases | None = None) -> None:
        aliases = aliases or NameAliases()
        self._screens = {**names, **{ours: log for log, ours in aliases.screens.items()}}
        self._media = {ours: log for log, ours in aliases.creatives.items()}

    def display(self, location: str) -> str:
        """The name of a display."""
        return self._screens.get(location, location)

    def media(self, creative: str | None) -> str:
        """The name of a medium; empty for none."""
        return "" if creative is None else self._media.get(creative, creative)


def describe_hours(values: Iterable[HourValue], names: XiboNames) -> list[XiboDisplay]:
    """The displays in one hour."""
    return [
        XiboDisplay(
            display=names.display(value.site.id),
            custom_id=value.site.id,
            media="",
            impressions_per_play=_round(value.impressions),
            cost_per_play=_round(value.cost),
        )
        for value in values
    ]


def describe_plays(values: Iterable[PlayedValue], names: XiboNames) -> list[XiboDisplay]:
    """The displays and media of a campaign as delivered."""
    return [
        XiboDisplay(
            display=names.display(value.location),
            custom_id=value.location,
            media=names.media(value.creative),
            impressions_per_play=_round(value.impressions),
            cost_per_play=_round(value.cost),
        )
        for value in values
    ]


def write_csv(displays: Iterable[XiboDisplay], to: TextIO) -> None:
    """Write a header and a row for each display and medium."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in displays:
        form = one.to_form()
        values = (form.get("impressionsPerPlay", ""), form["costPerPlay"])
        writer.writerow((one.display, one.custom_id, one.media, *values))


def write_requests(displays: Iterable[XiboDisplay], to: TextIO) -> None:
    """Write the form of each display as a line of JSON, with the display's name."""
    for one in displays:
        line: dict[str, Any] = {"display": one.display, "form": one.to_form()}
        if one.media:
            line["media"] = one.media
        to.write(msgspec.json.encode(line).decode() + "\n")


def _round(number: Any) -> Any:
    if number is None:
        return None
    rounded = number.quantize(STEP, ROUND_HALF_UP)
    if rounded >= LARGEST:
        raise XiboError(f"{number} has more than the six whole digits that Xibo stores")
    return rounded
