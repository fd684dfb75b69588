"""A profile as lines of text: each column, its values or intervals, and the suggested rules."""

from collections.abc import Iterator
from typing import Final

from cloud.products.profiling.suggested_rules import suggest_rules
from cloud.products.profiling.table_profile import ProfiledColumn, ProfiledTable

BAR: Final = 30
LONGEST_VALUE: Final = 40


def describe_profile(profile: ProfiledTable) -> Iterator[str]:
    """The lines; the last ones can be copied below `quality:` of the contract."""
    estimated = "" if profile.is_exact else "; distinct values are estimates"
    yield f"{profile.table.full_name}: {profile.rows} rows{estimated}"
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
    figures = column.figures
    span = "" if figures.least is None else f", {figures.least} to {figures.greatest}"
    yield f"{column.name} {column.type}: {figures.nulls} null, {figures.distinct} distinct{span}"
    most = max((one.rows for one in figures.buckets), default=0)
    for one in figures.buckets:
        bar = "#" * round(BAR * one.rows / most)
        yield f"    {one.label[:LONGEST_VALUE]:{LONGEST_VALUE}} {one.rows:10} {bar}".rstrip()
    if column.usual is not None:
        found = column.usual
        yield f"    {found.outliers} outliers below {found.least:.0f} or above {found.most:.0f}"
