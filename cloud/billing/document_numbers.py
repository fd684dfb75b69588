"""Document numbers without gaps: one counter for each series and year.

A number is taken in the transaction that makes its document final. The row of the counter is locked
until that transaction ends; where it fails, its number is taken by the next one.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from cloud import database
from cloud.database.billing import document_numbers


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """The number of a final document, such as INV-2026-000017."""

    series: str
    year: int
    sequence: int

    def __str__(self) -> str:
        """As the document has it."""
        return f"{self.series}-{self.year}-{self.sequence:06d}"


def take_number(connection: Connection, series: str, year: int) -> DocumentNumber:
    """The next number of a series and year, for the caller's transaction."""
    row = {"series": series, "year": year, "last": 1}
    insert = database.insert(connection.dialect.name, document_numbers).values(row)
    counted = insert.on_conflict_do_update(
        index_elements=["series", "year"], set_={"last": document_numbers.c.last + 1}
    ).returning(document_numbers.c.last)
    return DocumentNumber(series, year, connection.execute(counted).scalar_one())
