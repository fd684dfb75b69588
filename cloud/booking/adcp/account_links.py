"""Which account a buyer's agent means by a brand and the operator who buys for it.

An agent registers the pair once for its own account; afterwards the pair names that account.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select
from sqlalchemy.sql.elements import ColumnElement

from cloud import database
from cloud.auth import audit
from cloud.booking.adcp.tables import adcp_accounts


@dataclass(frozen=True, slots=True, order=True)
class BrandOperator:
    """The natural key of an account in AdCP."""

    operator: str
    brand_domain: str
    brand_id: str = ""


def find_linked_account(connection: Connection, agent: str, key: BrandOperator) -> str | None:
    """The account that an agent registered for the pair; None without one."""
    wanted = select(adcp_accounts.c.account).where(_is(agent, key))
    return connection.execute(wanted).scalar_one_or_none()


def link_account(
    connection: Connection, agent: str, key: BrandOperator, account: str, *, by: str, now: datetime
) -> bool:
    """Register a pair; whether it is new."""
    row = {
        "agent": agent, **asdict(key), "account": account, "registered_by": by[:120],
        "registered_at": now,
    }  # fmt: skip
    insert = database.insert(connection.dialect.name, adcp_accounts).values(row)
    inserted = connection.execute(
        insert.on_conflict_do_nothing().returning(adcp_accounts.c.account)
    ).first()
    if inserted is None:
        return False
    audit.record_change(
        connection, at=now, actor=by[:120], action="adcp.account", about=account,
        details={"agent": agent, **asdict(key)},
    )  # fmt: skip
    return True


def read_links(connection: Connection, agent: str) -> Mapping[str, BrandOperator]:
    """The first registered pair of each account."""
    columns = adcp_accounts.c
    wanted = select(adcp_accounts).where(columns.agent == agent).order_by(columns.registered_at)
    found: dict[str, BrandOperator] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.account, BrandOperator(row.operator, row.brand_domain, row.brand_id))
    return found


def _is(agent: str, key: BrandOperator) -> ColumnElement[bool]:
    columns = adcp_accounts.c
    return and_(
        columns.agent == agent,
        columns.operator == key.operator,
        columns.brand_domain == key.brand_domain,
        columns.brand_id == key.brand_id,
    )
