"""Rules that all rows of a profile meet, as snippets for the contract of the table.

They are suggestions: whoever answers for the table decides which of them are rules and which are
accidents of the rows that there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cloud.lake.trusted.rules import quote
from cloud.products.profiling.table_profile import ProfiledColumn, TableProfile

MOST_WORDS: Final = 8
"""Distinct texts up to which they may be a closed list."""
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


def suggest_rules(profile: TableProfile) -> Iterator[SuggestedRule]:
    """The rules, column by column; none for a table of few rows."""
    if profile.rows < ROWS_FOR_RULES:
        return
    for column in profile.columns:
        yield from _suggest(column, profile.rows)


def _suggest(column: ProfiledColumn, rows: int) -> Iterator[SuggestedRule]:
    name = column.name
    if column.nulls == 0:
        yield SuggestedRule(
            f"{name}_present", "completeness", f"{name} is never missing.", f"{name} IS NOT NULL"
        )
    if _is_closed_list(column, rows):
        words = ", ".join(quote(str(value)) for value, _ in sorted(column.bins))
        condition = _allow_null(column, f"{name} IN ({words})")
        yield SuggestedRule(
            f"{name}_known", "conformity", f"{name} is one of the known values.", condition
        )
    if column.outliers is not None:
        least = max(column.outliers.least, 0) if column.least >= 0 else column.outliers.least
        bounds = f"{name} BETWEEN {least:.0f} AND {column.outliers.most:.0f}"
        description = f"{name} is plausible; {column.outliers.count} rows are not."
        yield SuggestedRule(
            f"{name}_plausible", "accuracy", description, _allow_null(column, bounds)
        )
    elif column.type == "BIGINT" and column.least is not None and column.least >= 0:
        condition = _allow_null(column, f"{name} >= 0")
        yield SuggestedRule(
            f"{name}_not_negative", "accuracy", f"{name} is not negative.", condition
        )


def _is_closed_list(column: ProfiledColumn, rows: int) -> bool:
    if column.type != "VARCHAR" or not column.bins:
        return False
    known = rows - column.nulls
    return column.distinct <= MOST_WORDS and known >= ROWS_A_WORD * column.distinct


def _allow_null(column: ProfiledColumn, condition: str) -> str:
    return f"{column.name} IS NULL OR {condition}" if column.nulls else condition
