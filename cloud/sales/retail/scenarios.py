"""Saved what-ifs of retail prices: the question, and what it was answered with then.

`question` and `answer` are JSON: the answer is that of the moment of saving, and is not computed
again when it is read.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Index,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)

from cloud import database
from cloud.auth import audit
from cloud.database.bookings import PERSON
from cloud.database.columns import NAME

SAVE: Final = "retail_scenario.save"
DELETE: Final = "retail_scenario.delete"
MAX_STORED: Final = 1_000
LONGEST_NAME: Final = 120

retail_scenarios = Table(
    "retail_scenarios",
    database.metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("product", NAME, nullable=False),
    Column("question", Text, nullable=False),  # JSON
    Column("answer", Text, nullable=False),  # JSON
    Column("created_by", PERSON, nullable=False),
    Column("created_at", database.Instant, nullable=False),
    Index("ix_retail_scenarios_product", "product", "created_at"),
    Index("ix_retail_scenarios_created_at", "created_at", "id"),
)


class TooManyScenariosError(RuntimeError):
    """As many scenarios are saved as are allowed."""


class UnknownScenarioError(LookupError):
    """No saved scenario with that id."""


@dataclass(frozen=True, slots=True)
class SavedScenario:
    """A saved what-if."""

    id: str
    name: str
    product: str
    question: str
    answer: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class ScenarioPosition:
    """The last scenario of a page of the list."""

    created_at: datetime
    id: str


def save_scenario(connection: Connection, one: SavedScenario) -> None:
    """Store a scenario, with an entry in the audit log; raises TooManyScenariosError."""
    stored = connection.execute(select(func.count()).select_from(retail_scenarios)).scalar_one()
    if stored >= MAX_STORED:
        raise TooManyScenariosError(
            f"{MAX_STORED} scenarios are saved, which is the maximum: DELETE those that are not "
            "needed"
        )
    audit.record_change(
        connection, at=one.created_at, actor=one.created_by, action=SAVE, about=one.id,
        details={"name": one.name, "product": one.product, "digest": digest_scenario(one)},
    )  # fmt: skip
    row = {name: getattr(one, name) for name in SavedScenario.__slots__}
    connection.execute(insert(retail_scenarios).values(row))


def list_scenarios(
    connection: Connection, product: str | None, after: ScenarioPosition | None, most: int
) -> Sequence[SavedScenario]:
    """Saved scenarios of one product or of all, the newest first, from after a position."""
    columns = retail_scenarios.c
    wanted = select(retail_scenarios).order_by(columns.created_at.desc(), columns.id.desc())
    if product is not None:
        wanted = wanted.where(columns.product == product)
    if after is not None:
        same = and_(columns.created_at == after.created_at, columns.id < after.id)
        wanted = wanted.where(or_(columns.created_at < after.created_at, same))
    return [SavedScenario(**row) for row in connection.execute(wanted.limit(most)).mappings()]


def find_scenario(connection: Connection, name: str) -> SavedScenario:
    """One saved scenario; raises UnknownScenarioError."""
    wanted = select(retail_scenarios).where(retail_scenarios.c.id == name[:32])
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        raise UnknownScenarioError(
            "no scenario has that id: GET /api/retail/scenarios lists the saved ones"
        )
    return SavedScenario(**row)


def delete_scenario(connection: Connection, name: str, *, by: str, now: datetime) -> None:
    """Delete a saved scenario, with an entry in the audit log; raises UnknownScenarioError."""
    found = find_scenario(connection, name)
    connection.execute(delete(retail_scenarios).where(retail_scenarios.c.id == found.id))
    details = {"name": found.name, "product": found.product}
    audit.record_change(
        connection, at=now, actor=by, action=DELETE, about=found.id, details=details
    )


def digest_scenario(one: Any) -> str:
    """The digest of the question and the answer in the log."""
    return hashlib.sha256(f"{one.question}\n{one.answer}".encode()).hexdigest()
