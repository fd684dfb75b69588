"""Approved retail prices: the price in force and the approved path, by product and store.

A price belongs to a layer. An override replaces the price of an experiment, which replaces the base
price; when the upper one ends, the lower one is in force again. A price is in force from its
activation until its end. Instants are UTC; amounts are minor units of the price's currency.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, tuple_

from cloud.sales.retail.tables import retail_prices

MOST_KEYS: Final = 400
"""Pairs of one statement; SQLite accepts at most 32,766 parameters and a limited depth."""


class PriceLayer(StrEnum):
    """Which price is in force where several are active; the last one is."""

    BASE = "base"
    EXPERIMENT = "experiment"
    OVERRIDE = "override"


class PriceSource(StrEnum):
    """Where an approved price comes from."""

    RECOMMENDATION = "recommendation"  # accepted
    CHANGE = "change"  # a recommendation that was decided with another price
    OVERRIDE = "override"  # set by hand until an instant
    ROLL_BACK = "roll_back"
    EXPERIMENT = "experiment"  # of an arm

    @property
    def layer(self) -> PriceLayer:
        """The layer of such a price."""
        return _LAYERS.get(self, PriceLayer.BASE)


_LAYERS: Final = {
    PriceSource.OVERRIDE: PriceLayer.OVERRIDE,
    PriceSource.EXPERIMENT: PriceLayer.EXPERIMENT,
}


class PriceState(StrEnum):
    """What has become of an approved price; all but the first two are final."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    ENDED = "ended"  # another price replaced it, or its end has passed
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"  # before its activation
    BLOCKED = "blocked"  # a hard rule refused it at its activation


@dataclass(frozen=True, slots=True, order=True)
class PriceKey:
    """A product in a store."""

    product: str
    store: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedPrice:
    """A stored price. `ends_at` None: until another price of its layer replaces it."""

    id: str
    product: str
    store: str
    price_minor: int
    currency: str
    starts_at: datetime
    ends_at: datetime | None
    layer: PriceLayer
    source: PriceSource
    state: PriceState
    recommendation: str | None = None
    experiment: str | None = None
    batch: str
    rolls_back: str | None = None
    reason: str | None = None
    approved_by: str
    approved_at: datetime
    activated_at: datetime | None = None
    state_reason: str | None = None

    @property
    def key(self) -> PriceKey:
        """Its product and store."""
        return PriceKey(self.product, self.store)

    def is_in_force(self, at: datetime) -> bool:
        """Whether its layer has this price at an instant."""
        return (
            self.activated_at is not None
            and self.activated_at <= at
            and (self.ends_at is None or at < self.ends_at)
        )


class UnknownPriceError(LookupError):
    """No approved price with that id."""


class PriceConflictError(ValueError):
    """A step that the state of a price does not allow, or that another person has taken first."""


def find_price(connection: Connection, name: str) -> ApprovedPrice:
    """One price; raises UnknownPriceError."""
    row = connection.execute(select(retail_prices).where(retail_prices.c.id == name[:32]))
    found = row.mappings().one_or_none()
    if found is None:
        raise UnknownPriceError(
            "no approved price has that id: GET /api/retail/prices lists the prices in force"
        )
    return to_price(found)


def read_in_force(
    connection: Connection, keys: Collection[PriceKey] | None, at: datetime
) -> dict[PriceKey, ApprovedPrice]:
    """The price in force at an instant, of some products in stores or of all."""
    wanted = select(retail_prices).where(_in_force(at))
    found: dict[PriceKey, ApprovedPrice] = {}
    for price in _read(connection, wanted, keys):
        found[price.key] = max(found.get(price.key, price), price, key=_rank)
    return found


def read_base_before(connection: Connection, price: ApprovedPrice) -> ApprovedPrice | None:
    """The base price that was in force when this one was activated; None where there was none."""
    cells = retail_prices.c
    wanted = (
        select(retail_prices)
        .where(
            cells.product == price.product,
            cells.store == price.store,
            cells.layer == PriceLayer.BASE.value,
            cells.id != price.id,
            cells.activated_at <= price.activated_at,
            cells.state != PriceState.ROLLED_BACK.value,
        )
        .order_by(cells.activated_at.desc(), cells.id.desc())
        .limit(1)
    )
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else to_price(row)


def read_path(
    connection: Connection, keys: Collection[PriceKey], since: datetime, until: datetime
) -> Mapping[PriceKey, Sequence[ApprovedPrice]]:
    """Every price that was in force at any time of a period, by its activation."""
    cells = retail_prices.c
    overlapping = and_(
        cells.activated_at < until, or_(cells.ends_at.is_(None), cells.ends_at > since)
    )
    wanted = select(retail_prices).where(overlapping).order_by(cells.activated_at, cells.id)
    path: dict[PriceKey, list[ApprovedPrice]] = {}
    for price in _read(connection, wanted, keys):
        path.setdefault(price.key, []).append(price)
    return path


def price_at(path: Iterable[ApprovedPrice], at: datetime) -> ApprovedPrice | None:
    """The price of a path that is in force at an instant."""
    return max((one for one in path if one.is_in_force(at)), key=_rank, default=None)


def list_prices(
    connection: Connection, *where: ColumnElement[bool], most: int
) -> Sequence[ApprovedPrice]:
    """Prices that match, the latest start first."""
    cells = retail_prices.c
    ordered = select(retail_prices).where(*where).order_by(cells.starts_at.desc(), cells.id)
    return [to_price(row) for row in connection.execute(ordered.limit(most)).mappings()]


def to_price(row: Any) -> ApprovedPrice:
    """A row as a price."""
    values = dict(row)
    values["layer"] = PriceLayer(values["layer"])
    values["source"] = PriceSource(values["source"])
    values["state"] = PriceState(values["state"])
    return ApprovedPrice(**values)


def to_price_row(price: ApprovedPrice) -> dict[str, Any]:
    """A price as a row."""
    row = {name: getattr(price, name) for name in ApprovedPrice.__slots__}
    return row | {name: row[name].value for name in ("layer", "source", "state")}


def match_keys(keys: Iterable[PriceKey]) -> ColumnElement[bool]:
    """Rows of these products in stores; at most MOST_KEYS."""
    pairs = [(one.product, one.store) for one in keys]
    return tuple_(retail_prices.c.product, retail_prices.c.store).in_(pairs)


def _in_force(at: datetime) -> ColumnElement[bool]:
    cells = retail_prices.c
    return and_(cells.activated_at <= at, or_(cells.ends_at.is_(None), cells.ends_at > at))


def _read(
    connection: Connection, wanted: Select[Any], keys: Collection[PriceKey] | None
) -> Iterator[ApprovedPrice]:
    """The prices of a statement; those of many keys in several statements."""
    parts = [wanted]
    if keys is not None:
        every = sorted(set(keys))
        starts = range(0, len(every), MOST_KEYS)
        parts = [wanted.where(match_keys(every[at : at + MOST_KEYS])) for at in starts]
    for part in parts:
        yield from map(to_price, connection.execute(part).mappings())


def _rank(price: ApprovedPrice) -> tuple[int, datetime, str]:
    assert price.activated_at is not None, "only an activated price is in force"
    return list(PriceLayer).index(price.layer), price.activated_at, price.id
