"""Propose prices once a day for every product in a store with sufficient evidence.

A product in a store is left out while a user works on its price: it was proposed or decided
on today, a person has queued a price, an approved price waits for its start, or an experiment tests
it. So a repeated run proposes nothing again. What an earlier day proposed and today's evidence no
longer supports expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from sqlalchemy import Connection, Engine, and_, or_, select

from cloud.app.retail.proposing import propose_recommended
from cloud.app.retail.rules_in_force import RuleSetReader
from cloud.database import reading, writing
from cloud.forecast.retail.estimates import Evidence, read_estimates
from cloud.sales.retail.decisions import expire_past, expire_proposals
from cloud.sales.retail.experiments import read_open_experiments
from cloud.sales.retail.prices import PriceKey, PriceState
from cloud.sales.retail.recommendation_store import RecommendationState
from cloud.sales.retail.tables import retail_prices, retail_recommendations

PROPOSER: Final = "nightly"
MOST_OF_A_BATCH: Final = 1_000
"""Products in stores of one transaction, and of one batch of the queue."""


@dataclass(frozen=True, slots=True)
class DailyProposals:
    """How many were proposed, stay as they are, have no recent price point, or were left out."""

    proposed: int
    unchanged: int
    unknown: int
    left_out: int
    expired: int


def propose_for_a_day(engine: Engine, reader: RuleSetReader, *, now: datetime) -> DailyProposals:
    """Propose what is recommended now; a second run on the same UTC day proposes nothing again."""
    with reading(engine) as connection:
        supported = _list_supported(connection)
    done = _DailyRun(engine, reader, now)
    parts = [
        done.propose(supported[at : at + MOST_OF_A_BATCH])
        for at in range(0, len(supported), MOST_OF_A_BATCH)
    ]
    with writing(engine) as connection:
        past = expire_past(connection, now)
    return DailyProposals(
        proposed=sum(one.proposed for one in parts),
        unchanged=sum(one.unchanged for one in parts),
        unknown=sum(one.unknown for one in parts),
        left_out=sum(one.left_out for one in parts),
        expired=past + sum(one.expired for one in parts),
    )


@dataclass(frozen=True, slots=True)
class _DailyRun:
    """One run: it proposes one batch after another."""

    engine: Engine
    reader: RuleSetReader
    now: datetime

    def propose(self, keys: Sequence[PriceKey]) -> DailyProposals:
        """Propose the prices of one batch, and expire what is no longer recommended."""
        with writing(self.engine) as connection:
            past = expire_past(connection, self.now)
            busy = _list_busy(connection, self.now)
            free = [key for key in keys if key not in busy]
            found = propose_recommended(connection, self.reader, free, by=PROPOSER, now=self.now)
            stays = set(free) - {PriceKey(one.product, one.store) for one in found.recommendations}
            expired = expire_proposals(connection, stays, self.now)
        return DailyProposals(
            len(found.recommendations), found.kept, found.unknown, len(keys) - len(free),
            past + expired,
        )  # fmt: skip


def _list_supported(connection: Connection) -> list[PriceKey]:
    return [
        PriceKey(one.product, one.store)
        for one in read_estimates(connection)
        if one.evidence is Evidence.SUFFICIENT
    ]


def _list_busy(connection: Connection, now: datetime) -> set[PriceKey]:
    """The products in stores whose prices users work on."""
    return {
        *_list_of_today(connection, now),
        *_list_scheduled(connection),
        *(
            PriceKey(product, store)
            for one in read_open_experiments(connection, now)
            for product in one.products
            for store in one.stores
        ),
    }


def _list_of_today(connection: Connection, now: datetime) -> set[PriceKey]:
    """Proposed or decided on today, or queued by a person and not decided."""
    cells = retail_recommendations.c
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    is_queued = and_(
        cells.state == RecommendationState.PROPOSED.value, cells.proposed_by != PROPOSER
    )
    is_decided = and_(cells.decided_at >= today, cells.state != RecommendationState.EXPIRED.value)
    wanted = select(cells.product, cells.store).where(
        or_(cells.proposed_at >= today, is_decided, is_queued)
    )
    return {PriceKey(*row) for row in connection.execute(wanted)}


def _list_scheduled(connection: Connection) -> set[PriceKey]:
    cells = retail_prices.c
    wanted = select(cells.product, cells.store).where(cells.state == PriceState.SCHEDULED.value)
    return {PriceKey(*row) for row in connection.execute(wanted)}
