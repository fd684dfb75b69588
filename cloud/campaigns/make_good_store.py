"""Proposed make-goods: stored, approved or rejected by finance, then settled.

A line has at most one make-good that is not rejected. An open proposal is replaced when it is
proposed again, with the delivery as it is then. It can be approved only when late reports can no
longer change the delivery. Billing settles approved credits, sales approved lines.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, true, update

from cloud.auth import audit
from cloud.campaigns.booked_hours import CampaignLine
from cloud.campaigns.delivery import LATE_DATA
from cloud.campaigns.make_goods import Shortfall
from cloud.campaigns.tables import make_goods
from cloud.money import written

PROPOSE: Final = "make_good.propose"
APPROVE: Final = "make_good.approve"
REJECT: Final = "make_good.reject"
SETTLE: Final = "make_good.settle"
RECORDED: Final = (
    "account", "remedy", "credit_minor", "currency", "metric", "booked", "delivered",
    "delivered_low", "delivered_high", "decision", "settled_by_document",
)  # fmt: skip
"""Fields whose values are in the audit log."""


class Remedy(StrEnum):
    """How a shortfall is made good."""

    CREDIT = "credit"  # a credit note
    LINE = "line"  # a new line without a price


class MakeGoodStatus(StrEnum):
    """The state of a make-good."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class UnknownMakeGoodError(LookupError):
    """No make-good with that id for the caller."""


class MakeGoodStateError(ValueError):
    """A make-good whose state does not allow the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeGood:
    """A stored make-good. Amounts of delivery are whole; `delivered_high` is P90."""

    id: str
    line_id: str
    account: str
    metric: str
    booked: int
    delivered: int
    delivered_low: int
    delivered_high: int
    remedy: Remedy
    credit_minor: int
    currency: str
    status: MakeGoodStatus
    reason: str
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None
    settled_at: datetime | None
    settled_by_document: str | None


def propose_make_good(
    connection: Connection,
    line: CampaignLine,
    shortfall: Shortfall,
    remedy: Remedy,
    *,
    by: str,
    now: datetime,
) -> MakeGood | None:
    """Store a proposal in place of an open one; None where the line has an approved make-good."""
    columns = make_goods.c
    of_line = columns.line_id == line.line_id
    is_approved = columns.status == MakeGoodStatus.APPROVED.value
    if connection.execute(select(columns.id).where(of_line, is_approved)).first() is not None:
        return None
    connection.execute(
        delete(make_goods).where(of_line, columns.status == MakeGoodStatus.PROPOSED.value)
    )
    found = MakeGood(
        id=secrets.token_hex(16), line_id=line.line_id, account=line.account,
        **_describe_amount(shortfall), remedy=remedy,
        credit_minor=shortfall.credit_minor if remedy is Remedy.CREDIT else 0,
        currency=line.currency, status=MakeGoodStatus.PROPOSED,
        reason=write_reason(line, shortfall), proposed_at=now, proposed_by=by[:120],
        decided_at=None, decided_by=None, decision=None, settled_at=None, settled_by_document=None,
    )  # fmt: skip
    row = {name: getattr(found, name) for name in MakeGood.__slots__}
    row |= {"remedy": remedy.value, "status": found.status.value}
    connection.execute(make_goods.insert().values(row))
    _record(connection, found, PROPOSE, by, now)
    return found


def decide_make_good(
    connection: Connection,
    make_good: str,
    status: MakeGoodStatus,
    *,
    flight_ends_at: datetime,
    decision: str | None,
    by: str,
    now: datetime,
) -> MakeGood:
    """Approve or reject a proposal.

    Raises:
        UnknownMakeGoodError: there is none with that id.
        MakeGoodStateError: it is decided already, another one of the line is approved, or late
            reports may still change the delivery.
    """
    line_id = find_make_good(connection, make_good, None).line_id
    approved = _lock_line(connection, line_id)
    found = find_make_good(connection, make_good, None)
    if found.status is not MakeGoodStatus.PROPOSED:
        raise MakeGoodStateError(f"the make-good is {found.status} already")
    if status is MakeGoodStatus.APPROVED and approved:
        raise MakeGoodStateError(f"line {line_id} has the approved make-good {approved[0]} already")
    final_at = flight_ends_at + LATE_DATA
    if status is MakeGoodStatus.APPROVED and found.proposed_at < final_at:
        raise MakeGoodStateError(
            f"late reports may change the delivery until {final_at:%Y-%m-%dT%H:%MZ}: propose the "
            "make-good again after that"
        )
    values = {
        "status": status.value, "decided_at": now, "decided_by": by[:120], "decision": decision,
    }  # fmt: skip
    connection.execute(update(make_goods).where(make_goods.c.id == found.id).values(values))
    decided = find_make_good(connection, make_good, None)
    is_approved = status is MakeGoodStatus.APPROVED
    _record(connection, decided, APPROVE if is_approved else REJECT, by, now)
    return decided


def _lock_line(connection: Connection, line_id: str) -> Sequence[str]:
    """Lock the make-goods of a line; the ids of the approved ones.

    Two programs that propose at the same moment may both store a proposal.
    """
    columns = make_goods.c
    query = select(columns.id, columns.status).where(columns.line_id == line_id)
    rows = connection.execute(query.order_by(columns.id).with_for_update())
    return [row.id for row in rows if row.status == MakeGoodStatus.APPROVED.value]


def find_approved(connection: Connection, line_id: str, remedy: Remedy) -> MakeGood | None:
    """The approved make-good of a line with that remedy, settled or not."""
    columns = make_goods.c
    query = select(make_goods).where(
        columns.line_id == line_id,
        columns.status == MakeGoodStatus.APPROVED.value,
        columns.remedy == remedy.value,
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else _to_make_good(row)


def list_approved(connection: Connection, remedy: Remedy) -> Sequence[MakeGood]:
    """Approved make-goods that are not settled yet, the oldest first."""
    columns = make_goods.c
    query = select(make_goods).where(
        columns.status == MakeGoodStatus.APPROVED.value,
        columns.remedy == remedy.value,
        columns.settled_at.is_(None),
    )
    rows = connection.execute(query.order_by(columns.decided_at, columns.id))
    return [_to_make_good(row) for row in rows.mappings()]


def settle_make_good(
    connection: Connection, make_good: str, document: str, *, by: str, now: datetime
) -> None:
    """Record the credit note or the new line that settles an approved make-good, once.

    Raises:
        MakeGoodStateError: it is not approved, or settled already.
    """
    columns = make_goods.c
    changed = connection.execute(
        update(make_goods)
        .where(
            columns.id == make_good,
            columns.status == MakeGoodStatus.APPROVED.value,
            columns.settled_at.is_(None),
        )
        .values(settled_at=now, settled_by_document=document)
    )
    if changed.rowcount != 1:
        raise MakeGoodStateError("the make-good is not approved, or is settled already")
    found = find_make_good(connection, make_good, None)
    _record(connection, found, SETTLE, by, now)


def find_make_good(
    connection: Connection, make_good: str, accounts: Collection[str] | None
) -> MakeGood:
    """A make-good of one of the accounts, or of any for None; raises UnknownMakeGoodError."""
    query = select(make_goods).where(make_goods.c.id == make_good[:32], _of(accounts))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise UnknownMakeGoodError(
            "no make-good of yours has that id: GET /api/make-goods lists your make-goods"
        )
    return _to_make_good(row)


def list_make_goods(
    connection: Connection,
    accounts: Collection[str] | None,
    *,
    status: MakeGoodStatus | None,
    after: MakeGood | None,
    most: int,
) -> Sequence[MakeGood]:
    """A page of make-goods, the latest first."""
    columns = make_goods.c
    query = select(make_goods).where(_of(accounts))
    if status is not None:
        query = query.where(columns.status == status.value)
    if after is not None:
        same = and_(columns.proposed_at == after.proposed_at, columns.id < after.id)
        query = query.where(or_(columns.proposed_at < after.proposed_at, same))
    rows = connection.execute(
        query.order_by(columns.proposed_at.desc(), columns.id.desc()).limit(most)
    )
    return [_to_make_good(row) for row in rows.mappings()]


def _of(accounts: Collection[str] | None) -> ColumnElement[bool]:
    return true() if accounts is None else make_goods.c.account.in_(sorted(accounts))


def _describe_amount(shortfall: Shortfall) -> Mapping[str, Any]:
    amount = shortfall.amount
    return {
        "metric": amount.metric.value,
        "booked": int(amount.booked),
        "delivered": int(amount.delivered),
        "delivered_low": int(amount.low),
        "delivered_high": int(amount.high.to_integral_value(ROUND_CEILING)),
    }


def write_reason(line: CampaignLine, shortfall: Shortfall) -> str:
    """What a line is short of, in a sentence."""
    amount = shortfall.amount
    return (
        f"line {line.line_id} at {line.location} delivered {amount.delivered:,.0f} of "
        f"{amount.booked:,.0f} {amount.metric} (P10 {amount.low:,.0f}, P90 {amount.high:,.0f}): "
        f"{shortfall.share:.1%} short, {written(shortfall.credit_minor, line.currency)} "
        f"{line.currency} of its price"
    )


def _record(connection: Connection, found: MakeGood, action: str, by: str, now: datetime) -> None:
    """The entry has the make-good as it is after the change."""
    details = {"line": found.line_id} | {name: getattr(found, name) for name in RECORDED}
    audit.record_change(
        connection, at=now, actor=by[:120], action=action, about=found.id, details=details
    )


def _to_make_good(row: Any) -> MakeGood:
    return MakeGood(
        **{**row, "remedy": Remedy(row["remedy"]), "status": MakeGoodStatus(row["status"])}
    )
