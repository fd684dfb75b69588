"""An agency, its client, orders of November 2026, and the decisions on their invoices."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from cloud.auth.accounts.account import AccountKind, AccountProfile
from cloud.auth.accounts.account_store import create_account, read_account
from cloud.billing.configuration import BillingConfig, Seller
from cloud.billing.cpm_contracts import DeliveredPlays
from cloud.billing.document_store import StoredDocument, read_document
from cloud.billing.drafting import Drafting, DraftResult, draft_invoices
from cloud.billing.finalising import Decision, finalise_invoice
from cloud.billing.vat import VatRate, VatRules
from cloud.booking.order_line import BookingStatus, OrderLine
from cloud.booking.order_store import add_versions
from tests.cloud.booking.order_lines import order_line

NOV_2 = datetime(2026, 11, 2, 7, tzinfo=UTC)
DEC_1 = datetime(2026, 12, 1, tzinfo=UTC)
DEC_5 = DEC_1 + timedelta(days=4)
SELLER = Seller(
    name="Example Media Ltd", address=("1 Example Street", "London"), country="GB",
    email="accounts@example.org", vat_number="GB100000034", iban="GB33BUKB20201555555555",
)  # fmt: skip
RATES = VatRules(
    rates=(
        VatRate(country="GB", percent=Decimal("17.5"), valid_from=date(2010, 1, 1)),
        VatRate(country="GB", percent=Decimal(20), valid_from=date(2011, 1, 4)),
    )
)
CONFIG = BillingConfig(version=1, seller=SELLER, vat=RATES)


def store_accounts(connection: Connection, **acme: Any) -> None:
    """The agency north, which acts for acme, and bolt, which has no agency."""
    profiles = (
        AccountProfile(
            id="north", name="North Agency", kind=AccountKind.AGENCY, commission_bp=1_500,
            address=("2 Side Road", "Leeds"), credit_limit_minor=500_000,
        ),
        AccountProfile(
            id="acme", name="Acme plc", kind=AccountKind.ADVERTISER,
            **{"agency": "north", "address": ("3 High Street",), **acme},
        ),
        AccountProfile(
            id="bolt", name="Bolt GmbH", kind=AccountKind.ADVERTISER, country="DE",
            vat_number="DE136695976", address=("Am Markt 4", "Berlin"),
        ),
    )  # fmt: skip
    for profile in profiles:
        create_account(connection, profile, by="a test", now=NOV_2)


def flight(hours: int = 3, **more: Any) -> OrderLine:
    """A line of acme on 2 November, at 2.50 an hour, finished."""
    values = {
        "account": "acme", "starts_at": NOV_2, "price_minor": 250,
        "booking_status": BookingStatus.FINISHED,
    }  # fmt: skip
    return order_line(hours, **{**values, **more})


def store_lines(connection: Connection, *lines: OrderLine, at: datetime = NOV_2) -> None:
    add_versions(connection, lines, at=at, before=None)


def no_plays(*_: Any) -> Mapping[str, DeliveredPlays]:
    return {}


def draft(
    connection: Connection,
    now: datetime = DEC_1,
    plays: Mapping[str, DeliveredPlays] | None = None,
    config: BillingConfig = CONFIG,
) -> DraftResult:
    return draft_invoices(Drafting(connection, config, lambda *_: plays or {}, now, "a test"))


def draft_one(connection: Connection, **options: Any) -> StoredDocument:
    """The only invoice that a run drafts."""
    (drafted,) = draft(connection, **options).drafted
    return read_document(connection, drafted)


def decision(now: datetime = DEC_5, by: str = "finance") -> Decision:
    return Decision(CONFIG, by, now)


def finalise_one(connection: Connection, **options: Any) -> StoredDocument:
    """The only invoice of a run, final."""
    return finalise_invoice(connection, draft_one(connection, **options).id, decision())


def amounts(documents: Sequence[StoredDocument]) -> list[tuple[int, int]]:
    return [(one.content.totals.net_minor, one.content.totals.vat_minor) for one in documents]


def store_final_invoice(connection: Connection, now: datetime, order: str = "SO-1") -> str:
    """A final invoice of acme for October, without an agency; returns its id."""
    if read_account(connection, "acme") is None:
        store_accounts(connection, agency=None, credit_limit_minor=10**6)
    october = NOV_2 - timedelta(days=20)
    line = flight(3, order_id=order, line_id=f"{order}-1", starts_at=october)
    store_lines(connection, line, at=october)
    return finalise_invoice(connection, draft(connection, now=now).drafted[-1], decision(now)).id
