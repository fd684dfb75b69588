"""The rules of retail prices: what a recommended price may be, in which order, for which products.

A rule set is a value with a version and a digest, as the rate card is. `defaults` hold for every
product; each override names a category, a region, a product or a store, and replaces single values
for what it matches. Overrides apply in the order of the file: a later one takes precedence. `null`
in an override switches a rule off. Shares are decimals with at most four places, so all bounds are
computed in whole basis points, without rounding.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cloud.pricing.retail.ladder import (
    EVERY_MINOR_UNIT,
    CurrencyLadder,
    Ladder,
    build_ladder,
)
from cloud.yaml_document import read_document

REFERENCE: Final = Path(__file__).parent / "rules.yaml"
PLACES: Final = 4
BASIS_POINTS: Final = 10**PLACES
MAX_OVERRIDES: Final = 2_000
MAX_DAYS: Final = 366
SELECTORS: Final = ("category", "region", "product", "store")

DeliveryDays = Annotated[int, Meta(ge=1, le=60)]
Name = Annotated[str, Meta(min_length=1, max_length=120)]


class Rule(StrEnum):
    """The rules in the order in which they apply."""

    LEGAL_FLOOR = "legal_floor"
    MAP = "map"
    COST = "cost"
    MINIMUM_MARGIN = "minimum_margin"
    MAXIMUM_DISCOUNT = "maximum_discount"
    MAXIMUM_MOVE = "maximum_move"
    COMPETITOR_BAND = "competitor_band"
    LADDER = "ladder"
    CLEARANCE = "clearance"
    HOLD = "hold"


RULES: Final = tuple(Rule)
"""The order of the columns of `Recommendations.binding`."""
HARD_RULES: Final = frozenset({Rule.LEGAL_FLOOR, Rule.MAP, Rule.COST})
"""Kept even where there is no evidence about demand; only a clearance may go below the cost."""
LIMIT_RULES: Final = frozenset({Rule.MINIMUM_MARGIN, Rule.MAXIMUM_DISCOUNT, Rule.MAXIMUM_MOVE})
"""Kept by every recommended price; the competitor band and the ladder give way to them."""


class _RulePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a rule set; unknown fields are rejected."""


class CompetitorBand(_RulePart, frozen=True, kw_only=True):
    """The least and the most of the competitor's price, as a ratio; None is no bound."""

    least: Decimal | None = None
    most: Decimal | None = None

    def __post_init__(self) -> None:
        for name, ratio in (("least", self.least), ("most", self.most)):
            if ratio is not None:
                _refuse_places(f"competitor_band.{name}", ratio)
                if not 0 < ratio <= 10:
                    raise ValueError(
                        f"competitor_band.{name} is {ratio}: write a ratio above 0, at most 10"
                    )
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"competitor_band: least ({self.least}) exceeds most ({self.most})")


class Clearance(_RulePart, frozen=True, kw_only=True):
    """Sell the stock until the end of a day; replaces the limits while it lasts."""

    ends_on: date
    maximum_discount: Decimal = Decimal("0.7")
    below_cost: bool = False

    def __post_init__(self) -> None:
        _refuse_share("clearance.maximum_discount", self.maximum_discount)


class RuleChanges(_RulePart, frozen=True, kw_only=True):
    """Values that replace those of `defaults`; null switches a rule off."""

    minimum_margin: Decimal | UnsetType | None = UNSET
    maximum_discount: Decimal | UnsetType | None = UNSET
    maximum_move: Decimal | UnsetType | None = UNSET
    competitor_band: CompetitorBand | UnsetType | None = UNSET
    hold_days: Annotated[int, Meta(ge=0, le=MAX_DAYS)] | UnsetType = UNSET
    volume_weight: Decimal | UnsetType = UNSET
    use_ladder: bool | UnsetType = UNSET
    delivery_every_days: DeliveryDays | UnsetType | None = UNSET
    clearance: Clearance | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        for name in ("minimum_margin", "maximum_discount", "maximum_move", "volume_weight"):
            value = getattr(self, name)
            if isinstance(value, Decimal):
                _refuse_share(name, value, most=1 if name == "volume_weight" else None)


class RuleOverride(RuleChanges, frozen=True, kw_only=True):
    """Changes for what matches every selector that is given; a category matches those below it."""

    category: Name | None = None
    region: Name | None = None
    product: Name | None = None
    store: Name | None = None

    def matches(self, subject: "RuleSubject") -> bool:
        """Whether the override applies to a product in a store."""
        return (
            self.product in (None, subject.product)
            and self.store in (None, subject.store)
            and self.region in (None, subject.region)
            and (self.category is None or is_within(subject.category, self.category))
        )


class RuleValues(_RulePart, frozen=True, kw_only=True):
    """The values in force for one product in one store; None is no such rule."""

    minimum_margin: Decimal | None = None
    maximum_discount: Decimal | None = None
    maximum_move: Decimal | None = None
    competitor_band: CompetitorBand | None = None
    hold_days: Annotated[int, Meta(ge=0, le=MAX_DAYS)] = 0
    volume_weight: Decimal = Decimal(0)
    use_ladder: bool = True
    delivery_every_days: DeliveryDays | None = None
    clearance: Clearance | None = None

    def __post_init__(self) -> None:
        for name in ("minimum_margin", "maximum_discount", "maximum_move"):
            value = getattr(self, name)
            if value is not None:
                _refuse_share(name, value)
        _refuse_share("volume_weight", self.volume_weight, most=1)

    def changed(self, changes: RuleChanges) -> "RuleValues":
        """These values with the changes that are given."""
        given = {
            name: value
            for name in RuleValues.__struct_fields__
            if (value := getattr(changes, name)) is not UNSET
        }
        return msgspec.structs.replace(self, **given)


@dataclass(frozen=True, slots=True)
class RuleSubject:
    """What an override is matched with."""

    product: str
    store: str
    category: str
    region: str


class PriceRules(_RulePart, frozen=True, kw_only=True, dict=True):
    """A rule set: defaults, overrides, and the ladder of each currency."""

    version: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")]
    defaults: RuleValues = msgspec.field(default_factory=lambda: RuleValues())
    ladders: dict[str, CurrencyLadder] = {}
    overrides: Annotated[tuple[RuleOverride, ...], Meta(max_length=MAX_OVERRIDES)] = ()

    def __post_init__(self) -> None:
        for currency, tiers in self.ladders.items():
            build_ladder(tiers, currency)

    @cached_property
    def digest(self) -> str:
        """Twelve hex digits that change when anything in the rule set does."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]

    def ladder(self, currency: str) -> Ladder:
        """The ladder of a currency; every minor unit where none is given."""
        tiers = self.ladders.get(currency)
        return EVERY_MINOR_UNIT if tiers is None else build_ladder(tiers, currency)

    def values_for(self, subject: RuleSubject) -> RuleValues:
        """The values in force for one product in one store."""
        values = self.defaults
        general, special = self._by_product.get(None, []), self._by_product.get(subject.product, [])
        for _, override in sorted((*general, *special), key=itemgetter(0)):
            if override.matches(subject):
                values = values.changed(override)
        return values

    @cached_property
    def named(self) -> Mapping[str, frozenset[str]]:
        """The names that overrides select by, of each kind of selector."""
        return {
            kind: frozenset(name for one in self.overrides if (name := getattr(one, kind)))
            for kind in SELECTORS
        }

    def with_changes(self, changes: RuleChanges) -> "PriceRules":
        """The rule set with changes for everything, as a scenario asks for them."""
        everywhere = msgspec.convert(msgspec.to_builtins(changes), RuleOverride)
        return msgspec.structs.replace(self, overrides=(*self.overrides, everywhere))

    @cached_property
    def _by_product(self) -> Mapping[str | None, list[tuple[int, RuleOverride]]]:
        """The overrides with their place in the file, by the product that they name."""
        found: dict[str | None, list[tuple[int, RuleOverride]]] = {}
        for place, override in enumerate(self.overrides):
            found.setdefault(override.product, []).append((place, override))
        return found


def read_rules_file(file: Path) -> PriceRules:
    """Read a rule set from a YAML file; raises DocumentError."""
    return read_document(file, PriceRules)


def rules_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a rule set file, for editors and other tools.

    It holds what a schema can express: ladders that no price fits, and shares out of their range,
    are found by `read_rules_file` only.
    """
    schema = msgspec.json.schema(PriceRules)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Onlooker rules of retail prices",
        "$ref": schema["$ref"],
        "$defs": {name: _adapt_schema(part) for name, part in schema["$defs"].items()},
    }


def _adapt_schema(part: Any) -> Any:
    """A decimal is a number in YAML, and patterns are those of JSON Schema."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {"type": ["number", "string"]}
        return {name: _adapt_schema(one) for name, one in part.items()}
    if isinstance(part, str):
        return part.replace(r"\Z", "$")  # which patterns of JSON Schema do not have
    return [_adapt_schema(one) for one in part] if isinstance(part, list) else part


def is_within(category: str, outer: str) -> bool:
    """Whether a category such as juice/orange is another one or lies below it."""
    return category == outer or category.startswith(f"{outer}/")


def basis_points(share: Decimal) -> int:
    """A share of at most four places in whole basis points."""
    return int(share * BASIS_POINTS)


def _refuse_share(name: str, share: Decimal, *, most: int | None = None) -> None:
    """Refuse what is no share: below 0, 1 and above (or above `most`), too many places."""
    _refuse_places(name, share)
    if share < 0 or (share >= 1 if most is None else share > most):
        upper = "below 1" if most is None else f"at most {most}"
        raise ValueError(f"{name} is {share}: write a share of at least 0 and {upper}")


def _refuse_places(name: str, value: Decimal) -> None:
    if not value.is_finite() or value != round(value, PLACES):
        raise ValueError(f"{name} is {value}: write at most {PLACES} decimals")
