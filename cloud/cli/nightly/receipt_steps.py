"""The step of the nightly run that checks the log of receipts and names rejected receipts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from cloud import database
from cloud.database.receipts import receipts
from cloud.nightly.steps import NightlyStep, StepResult
from cloud.receipts.log_check import find_log_faults
from cloud.receipts.log_store import read_size
from cloud.receipts.merkle import ProofError

REJECTED_WITHIN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReceiptSteps:
    """The step on one database; what it finds is in its notes, and the run then ends with 3."""

    engine: Engine
    clock: Callable[[], datetime]

    def steps(self) -> list[NightlyStep]:
        """It depends on no other step."""
        return [NightlyStep("check-receipts", self.check_receipts)]

    def check_receipts(self) -> StepResult:
        """Compare the log with its entries; the rows are those of the log."""
        engine = self.engine
        if engine.dialect.name == "postgresql":  # entries, nodes and head as of one moment
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with database.reading(engine) as connection:
            since_at = self.clock() - REJECTED_WITHIN
            notes = [*_find_faults(connection), *find_rejected(connection, since_at)]
            return StepResult(read_size(connection), notes)


def _find_faults(connection: Connection) -> Iterator[str]:
    """The faults of the log; one that cannot be compared at all is a fault too."""
    try:
        yield from find_log_faults(connection)
    except ProofError as error:
        yield str(error)


def find_rejected(connection: Connection, since_at: datetime) -> Iterator[str]:
    """A sentence for each device whose receipts were rejected since then, with one reason."""
    columns = receipts.c
    wanted = (
        select(columns.device, func.count(), func.max(columns.reason))
        .where(columns.state == "rejected", columns.received_at >= since_at)
        .group_by(columns.device)
        .order_by(columns.device)
    )
    for device, count, reason in connection.execute(wanted):
        yield (
            f"{count} receipts of {device} were rejected: {reason}. "
            "`receipts list --state rejected` shows them"
        )
