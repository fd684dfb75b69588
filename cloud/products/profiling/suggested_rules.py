"""Rules that nearly all rows of a profile meet, as snippets for the contract of the table.

They are suggestions: whoever answers for the table decides which of them are rules and which are
accidents of the rows that there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cloud.lake.trusted.declared_tables import ROW_ORIGIN
from cloud.lake.trusted.rules import quote
from cloud.products.profiling.table_profile import ProfiledColumn, ProfiledTable

MOST_WORDS: Final = 8
"""Distinct texts up to which they may be a closed list."""
LONGEST_WORD: Final = 40
"""A profile cuts longer texts."""
ROWS_FOR_RULES: Final = 50
"""Fewer rows suggest nothing about the next ones."""
ROWS_A_WORD: Final = 10


@dataclass(frozen=True, slots=True)
class SuggestedRule:
    """One rule: its name, what it promises, and its condition in SQL."""

    name: str
    dimension: str
    description: str
    condition: str

    def lines(self) -> Iterator[str]:
        """The rule as a block below `quality:` of a contract."""
        yield f"      - name: {self.name}"
        yield "        type: sql"
        yield f"        dimension: {self.dimension}"
        yield f'        description: "{self.description}"'
        yield "        query: |"
        yield "          SELECT count(*) FROM {object} WHERE ("
        yield f"            {self.condition}"
        yield "          ) IS NOT TRUE"
        yield "        mustBe: 0"


def suggest_rules(profile: ProfiledTable) -> Iterator[SuggestedRule]:
    """The rules, column by column; none for a table of few rows, nor for the origin of a row."""
    if profile.rows < ROWS_FOR_RULES:
        return
    origin = {column.name for column in ROW_ORIGIN}
    for column in profile.columns:
        if column.name not in origin:
            yield from _suggest(column, profile.rows)


def _suggest(column: ProfiledColumn, rows: int) -> Iterator[SuggestedRule]:
    name = column.name
    if column.figures.nulls == 0:
        yield SuggestedRule(
            f"{name}_present", "completeness", f"{name} is never missing.", f"{name} IS NOT NULL"
        )
    if _is_closed_list(column, rows):
        words = ", ".join(quote(one) for one in sorted(one.label for one in column.figures.buckets))
        condition = _allow_null(column, f"{name} IN ({words})")
        yield SuggestedRule(
            f"{name}_known", "conformity", f"{name} is one of the known values.", condition
        )
    is_negative = column.smallest is not None and column.smallest < 0
    if column.usual is not None:
        least = column.usual.least if is_negative else max(column.usual.least, 0)
        bounds = f"{name} BETWEEN {least:.0f} AND {column.usual.most:.0f}"
        description = f"{name} is plausible; {column.usual.outliers} rows are not."
        yield SuggestedRule(
            f"{name}_plausible", "accuracy", description, _allow_null(column, bounds)
        )
    elif column.smallest is not None and not is_negative:
        condition = _allow_null(column, f"{name} >= 0")
        yield SuggestedRule(
            f"{name}_not_negative", "accuracy", f"{name} is not negative.", condition
        )


def _is_closed_list(column: ProfiledColumn, rows: int) -> bool:
    labels = [one.label for one in column.figures.buckets]
    if column.type != "VARCHAR" or not labels or any(len(one) > LONGEST_WORD for one in labels):
        return False
    known = rows - column.figures.nulls
    return len(labels) <= MOST_WORDS and known >= ROWS_A_WORD * len(labels)


def _allow_null(column: ProfiledColumn, condition: str) -> str:
    return f"{column.name} IS NULL OR {condition}" if column.figures.nulls else condition
