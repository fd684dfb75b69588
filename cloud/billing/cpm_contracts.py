"""Order lines that are paid by the thousand impressions, at most the booked ones of each play.

A line may also have a limit for all its plays together, whatever their number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, select

from cloud.auth import audit
from cloud.billing.document import BillingLine, LineKind
from cloud.booking.order_store import read_newest
from cloud.database.billing import cpm_contracts
from cloud.money import major
from cloud.pricing.cpm import MULTIPLIER_STEP, THOUSAND, play_cost_minor

LARGEST_MULTIPLIER: Final = Decimal(100_000)


class CpmContractError(ValueError):
    """A contract that cannot be stored."""


@dataclass(frozen=True, slots=True)
class CpmContract:
    """The price of a thousand impressions, and the impressions that were booked for each play."""

    price_minor: int
    multiplier: Decimal
    most_impressions: Decimal | None = None

    def count_billed(self, delivered: "DeliveredPlays") -> Decimal:
        """The impressions that are billed, to six decimals."""
        most = self.multiplier * delivered.plays
        if self.most_impressions is not None:
            most = min(most, self.most_impressions)
        return min(delivered.impressions, most).quantize(MULTIPLIER_STEP)


@dataclass(frozen=True, slots=True)
class DeliveredPlays:
    """Plays in a period and their measured impressions."""

    plays: int
    impressions: Decimal


def store_contract(
    connection: Connection, line_id: str, contract: CpmContract, *, by: str, now: datetime
) -> None:
    """Bill an order line by impressions; a contract is stored once and stays as it is.

    Raises:
        CpmContractError: the line is unknown or has a contract, or a figure is out of range.
    """
    if line_id not in read_newest(connection, "line_id", [line_id]):
        raise CpmContractError(f"no order line {line_id[:70]!r}: load its order first")
    if not (0 < contract.multiplier <= LARGEST_MULTIPLIER and contract.price_minor > 0):
        raise CpmContractError("expected a price above zero and a multiplier up to 100000")
    if contract.multiplier != contract.multiplier.quantize(MULTIPLIER_STEP):
        raise CpmContractError(f"{contract.multiplier} has more than six decimals: round it")
    if read_contracts(connection, [line_id]):
        raise CpmContractError(f"line {line_id} has a contract, which does not change")
    values: dict[str, Any] = {
        "price_minor": contract.price_minor,
        "multiplier": str(contract.multiplier),
    }
    if contract.most_impressions is not None:
        values["most_impressions"] = str(contract.most_impressions)
    connection.execute(
        cpm_contracts.insert().values(line_id=line_id, created_by=by, created_at=now, **values)
    )
    audit.record_change(
        connection, at=now, actor=by, action="cpm_contract.create", about=line_id, details=values
    )


def read_contracts(connection: Connection, line_ids: Iterable[str]) -> Mapping[str, CpmContract]:
    """The contracts of those lines that are paid by impressions."""
    wanted = select(cpm_contracts).where(cpm_contracts.c.line_id.in_(sorted(set(line_ids))))
    return {
        row.line_id: CpmContract(
            row.price_minor,
            Decimal(row.multiplier),
            None if row.most_impressions is None else Decimal(row.most_impressions),
        )
        for row in connection.execute(wanted)
    }


def bill_impressions(
    line_id: str, text: str, contract: CpmContract, delivered: DeliveredPlays, currency: str
) -> BillingLine:
    """The line of delivered impressions; those above the booked multiplier are not billed."""
    billed = contract.count_billed(delivered)
    price = major(contract.price_minor, currency)
    capped = f", {delivered.impressions} measured" if delivered.impressions > billed else ""
    return BillingLine(
        kind=LineKind.IMPRESSIONS,
        text=text,
        quantity=billed,
        unit_price=price,
        price_base=int(THOUSAND),
        amount_minor=play_cost_minor(price, billed, currency),
        line_id=line_id,
        note=f"{delivered.plays} plays, at most {contract.multiplier} impressions each{capped}",
    )
