"""A rate card as the API writes and reads it; names and limits are those of the rate card file."""

import re
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from cloud.app.rate_card.changes import CardRefused
from cloud.pricing.rate_card import PLACES, RateCard, check_card_names

TAG: Final = r"^[a-z][a-z0-9_]{0,39}$"
VERSION: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
ROUNDING: Final = "rounding_minor"
ROUNDING_IN_FILE: Final = "rounding_pence"
CardFactor = Annotated[Decimal, Field(gt=0, le=100, decimal_places=PLACES, examples=["1.4"])]
CardName = Annotated[str, Field(min_length=1, max_length=60)]
Words = dict[Annotated[str, Field(pattern=TAG)], CardFactor]
_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)


class _CardPart(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HourBandFields(_CardPart):
    """Local hours from `from_hour` to before `to_hour`, over midnight if need be."""

    name: CardName = Field(examples=["morning peak"])
    from_hour: int = Field(ge=0, le=23, examples=[7])
    to_hour: int = Field(ge=0, le=24, examples=[9])
    factor: CardFactor


class SeasonFields(_CardPart):
    """Whole local months."""

    name: CardName = Field(examples=["before Christmas"])
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(min_length=1, max_length=12)
    factor: CardFactor


class BoundsFields(_CardPart):
    """The least and the most that something may be."""

    least: CardFactor
    most: CardFactor


class RateCardFields(_CardPart):
    """A whole rate card."""

    version: str = Field(pattern=VERSION, examples=["spring-1"])
    peak_hours: list[HourBandFields] = Field(max_length=24)
    demographic: Words
    traffic: Words
    seasons: list[SeasonFields] = Field(max_length=12)
    attention: BoundsFields
    limits: BoundsFields = Field(description="of a price, as multiples of the base rate")
    daily_move: CardFactor | None = Field(
        default=None, description="the most by which a price moves in a day; null: no limit"
    )
    rounding_minor: int = Field(default=1, ge=1, le=100_000)


def describe_card(card: RateCard) -> RateCardFields:
    """A rate card as the API writes it."""
    fields: dict[str, Any] = msgspec.to_builtins(card)
    fields[ROUNDING] = fields.pop(ROUNDING_IN_FILE, 1)
    return RateCardFields.model_validate(fields)


def read_card(fields: RateCardFields) -> RateCard:
    """The rate card of a request; raises CardRefused with the field that is invalid."""
    content = fields.model_dump(mode="json")
    content[ROUNDING_IN_FILE] = content.pop(ROUNDING)
    try:
        card = msgspec.convert(content, RateCard)
        check_card_names(card)
    except msgspec.ValidationError as error:
        raise CardRefused(_describe_place(str(error))) from None
    except ValueError as error:
        raise CardRefused(str(error)) from None
    return card


def _describe_place(message: str) -> str:
    """A message of msgspec with its place in the words of other refusals."""
    found = _PLACE.match(message)
    assert found is not None
    path = re.sub(r"\[(\w+)\]", r".\1", found["path"] or "").replace("....", "")
    return f"`card{path}` in the body: {found['what']}"
