"""The published prices of the coming quarter: one sheet for each site and local day.

A sheet is never rewritten. The daily move of a price is counted from it, so that a slot has one
price during a day. Sheets are deleted after a quarter, when the lake has them if there is one.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from cloud.database.prices import price_sheets
from cloud.lake.landing.unlanded import read_landed_number
from cloud.pricing.market import PublishedPrice
from cloud.pricing.slot import HOUR, Slot
from cloud.sites.site_model import Site

DAYS: Final = 92
"""How far ahead prices are published, and the retention of sheets."""
MAX_AGE: Final = timedelta(days=7)
"""An older sheet does not limit today's price."""


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """The price of every hour from `first_at` on, in minor units."""

    location: str
    published_on: date
    published_at: datetime
    first_at: datetime
    versions: str
    prices_minor: NDArray[np.int64]
    currency: str | None = None

    def published(self, slot: Slot, today: date) -> PublishedPrice | None:
        """The price of a slot, or None when it is not on the sheet."""
        at = (slot.starts_at - self.first_at) // HOUR
        if not 0 <= at < self.prices_minor.size:
            return None
        days = (today - self.published_on).days
        return PublishedPrice(int(self.prices_minor[at]), self.published_on, self.versions, days)


def digest_of_sheet(body: bytes) -> str:
    """The digest of the stored prices of a sheet, for the audit log."""
    return hashlib.sha256(body).hexdigest()[:16]


def store_sheet(connection: Connection, sheet: PriceSheet) -> str:
    """Publish a sheet and return its digest; the site must have none of that day yet."""
    row = {name: getattr(sheet, name) for name in PriceSheet.__slots__ if name != "prices_minor"}
    body = zlib.compress(sheet.prices_minor.astype("<i8").tobytes())
    connection.execute(price_sheets.insert().values({**row, "body": body}))
    columns = price_sheets.c
    old = columns.published_on < sheet.published_on - timedelta(days=DAYS)
    landed = read_landed_number(connection, price_sheets)
    if landed is not None:
        old &= columns.id <= landed
    connection.execute(delete(price_sheets).where(columns.location == sheet.location, old))
    return digest_of_sheet(body)


def is_published(connection: Connection, ids: Sequence[str], day: date) -> bool:
    """Whether a site has its sheet of that local day, under any of its ids."""
    columns = price_sheets.c
    wanted = select(columns.location).where(columns.location.in_(ids), columns.published_on == day)
    return connection.execute(wanted).first() is not None


def read_sheet_before(connection: Connection, site: Site, today: date) -> PriceSheet | None:
    """The newest sheet of a day before `today`, unless it is too old; under any id of the site."""
    columns = price_sheets.c
    wanted = (
        select(price_sheets)
        .where(
            columns.location.in_(site.ids),
            columns.published_on < today,
            columns.published_on >= today - MAX_AGE,
        )
        .order_by(columns.published_on.desc())
        .limit(1)
    )
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else _sheet(row)


def _sheet(row: Any) -> PriceSheet:
    names = (name for name in PriceSheet.__slots__ if name != "prices_minor")
    prices_minor = np.frombuffer(zlib.decompress(row["body"]), dtype="<i8").astype(np.int64)
    return PriceSheet(**{name: row[name] for name in names}, prices_minor=prices_minor)
