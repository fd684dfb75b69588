"""Compare the lines of placed orders with their versions: a row altered outside the program."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cloud.auth.audit import AuditEntry
from cloud.auth.audit_comparisons import Details
from cloud.booking.order_line import HOUR_S
from cloud.booking.order_store import read_newest
from cloud.booking.orders.order_rows import read_all_lines
from cloud.database.orders import decode_runs


class BookedLineComparison:
    """`booked_lines`: each as the newest version of the line has it."""

    def add_entry(self, entry: AuditEntry, details: Details) -> None:
        """Entries are compared with the versions by `OrderComparison`."""

    def findings(self, connection: Connection, now: datetime) -> Iterator[str]:
        """A sentence for each line that differs."""
        lines = {line.line_id: line for line in read_all_lines(connection)}
        versions = read_newest(connection, "line_id", lines)
        for line_id, line in lines.items():
            found = versions.get(line_id)
            if found is None:
                yield f"booked_lines: line {line_id} has no version"
                continue
            prices = tuple(
                (run.starts_at + number * HOUR_S, run.price_or(found.price_minor))
                for run in decode_runs(found.slots)
                if run.positions
                for number in range(run.hours)
            )
            stored = (found.booking_status, found.positions, found.location, prices)
            if (line.booking_status, line.positions, line.location, line.prices) != stored:
                yield f"booked_lines: line {line_id} is not as its version {found.version} has it"
