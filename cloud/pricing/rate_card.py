"""The rate card: multipliers for hours, audiences, kinds of site and seasons.

A value with a version and a digest: two quotes with the same digest used the same rate card.
Factors are decimals with at most four places, so the shown value is the multiplied one.
"""

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from cloud.yaml_document import DocumentError, read_document
from wire.visible_names import check_visible_name

REFERENCE: Final = Path(__file__).parent / "reference.yaml"
PLACES: Final = 4

Hour = Annotated[int, Meta(ge=0, le=23)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Tag = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]


class _Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the card; unknown fields are rejected."""


class HourBand(_Card, frozen=True, kw_only=True):
    """Local hours from `from_hour` to before `to_hour`, over midnight if need be."""

    name: Name
    from_hour: Hour
    to_hour: Annotated[int, Meta(ge=0, le=24)]
    factor: Decimal

    def __post_init__(self) -> None:
        _refuse_factor(f"band {self.name!r}", self.factor)
        if self.from_hour == self.to_hour:
            raise ValueError(
                f"band {self.name!r} from {self.from_hour} to {self.to_hour} could be no hour or "
                "the whole day: write 0 to 24 for the whole day"
            )

    @property
    def hours(self) -> Iterator[int]:
        """The hours of the clock that the band holds."""
        span = (self.to_hour - self.from_hour) % 24 or 24
        return ((self.from_hour + step) % 24 for step in range(span))


class Season(_Card, frozen=True, kw_only=True):
    """Whole local months."""

    name: Name
    months: Annotated[tuple[Annotated[int, Meta(ge=1, le=12)], ...], Meta(min_length=1)]
    factor: Decimal

    def __post_init__(self) -> None:
        _refuse_factor(f"season {self.name!r}", self.factor)


class Bounds(_Card, frozen=True, kw_only=True):
    """The least and the most that something may be."""

    least: Decimal
    most: Decimal

    def __post_init__(self) -> None:
        _refuse_factor("least", self.least)
        _refuse_factor("most", self.most)
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) is more than most ({self.most})")


class RateCard(_Card, frozen=True, kw_only=True):
    """The rate card. Words that `demographic` and `traffic` do not name count 1."""

    version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")]
    peak_hours: Annotated[tuple[HourBand, ...], Meta(max_length=24)]
    demographic: dict[Tag, Decimal]
    traffic: dict[Tag, Decimal]
    seasons: Annotated[tuple[Season, ...], Meta(max_length=12)]
    attention: Bounds
    limits: Bounds
    daily_move: Decimal | None = None
    """The most by which a price moves in a day, as a share of the price published before."""
    rounding_minor: Annotated[int, Meta(ge=1, le=100_000)] = msgspec.field(
        default=1, name="rounding_pence"
    )

    def __post_init__(self) -> None:
        for words in (self.demographic, self.traffic):
            for word, factor in words.items():
                _refuse_factor(repr(word), factor)
        if self.daily_move is not None:
            _refuse_factor("daily_move", self.daily_move)
        _refuse_overlap("hour", [(band.name, band.hours) for band in self.peak_hours])
        _refuse_overlap("month", [(season.name, season.months) for season in self.seasons])

    @property
    def digest(self) -> str:
        """Twelve hex digits that change when anything on the card does."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]

    def band_at(self, hour: int) -> HourBand | None:
        """The band that holds a local hour."""
        return next((band for band in self.peak_hours if hour in band.hours), None)

    def season_in(self, month: int) -> Season | None:
        """The season that holds a local month."""
        return next((season for season in self.seasons if month in season.months), None)


def read_card_file(file: Path) -> RateCard:
    """Read a rate card from a file; raises DocumentError.

    Names are checked here, not in the struct, so that cards stored in the database stay readable.
    """
    card = read_document(file, RateCard)
    try:
        check_card_names(card)
    except ValueError as error:
        raise DocumentError(f"{file}: {error}") from error
    return card


def check_card_names(card: RateCard) -> None:
    """Raise ValueError for a name that cannot be read, such as one that changes the direction."""
    for band in card.peak_hours:
        check_visible_name("name of a band", band.name)
    for season in card.seasons:
        check_visible_name("name of a season", season.name)


def _refuse_factor(what: str, factor: Decimal) -> None:
    if not factor.is_finite() or not 0 < factor <= 100:
        raise ValueError(f"{what} has the factor {factor}: write one above 0, at most 100")
    if factor != round(factor, PLACES):
        raise ValueError(f"{what} has the factor {factor}: write at most {PLACES} decimals")


def _refuse_overlap(what: str, claims: list[tuple[str, Iterator[int] | tuple[int, ...]]]) -> None:
    claimed: dict[int, str] = {}
    for name, members in claims:
        for member in members:
            if member in claimed:
                raise ValueError(f"{what} {member} is in both {claimed[member]!r} and {name!r}")
            claimed[member] = name
