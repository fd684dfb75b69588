"""A profile as lines of text: each column, its values or intervals, and the suggested rules."""

from collections.abc import Iterator
from typing import Final

from cloud.products.profiling.suggested_rules import suggest_rules
from cloud.products.profiling.table_profile import ProfiledColumn, TableProfile

BAR: Final = 30
LONGEST_VALUE: Final = 24


def describe_profile(profile: TableProfile) -> Iterator[str]:
    """The lines; the last ones can be copied below `quality:` of the contract."""
    yield f"{profile.table.full_name}: {profile.rows} rows"
    for column in profile.columns:
        yield from _describe_column(column)
    rules = list(suggest_rules(profile))
    if not rules:
        yield "no rules are suggested: there are too few rows"
        return
    yield f"suggested rules for contracts/{profile.table.full_name}.yaml:"
    for rule in rules:
        yield from rule.lines()


def _describe_column(column: ProfiledColumn) -> Iterator[str]:
    span = f", {column.least} to {column.most}" if column.least is not None else ""
    yield f"{column.name} {column.type}: {column.nulls} null, {column.distinct} distinct{span}"
    most = max((rows for _, rows in column.bins), default=0)
    for value, rows in column.bins:
        bar = "#" * round(BAR * rows / most) if most else ""
        yield f"    {str(value)[:LONGEST_VALUE]:{LONGEST_VALUE}} {rows:10} {bar}".rstrip()
    if column.outliers is not None:
        found = column.outliers
        yield f"    {found.count} outliers below {found.least:.0f} or above {found.most:.0f}"
