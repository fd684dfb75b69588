"""The declared lineage agrees with the tables of the lake and with the sources of the marts."""

import re

from cloud.lake.catalogue.descriptions import DESCRIPTIONS
from cloud.lake.catalogue.lineage import CONSUMERS, STEPS, list_sources, list_targets
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.registry import TABLES, tables_by_name
from cloud.marts.build import MART_SOURCES
from cloud.marts.database_tables import PUBLISHED_MARTS
from cloud.marts.engine import read_sql

DATABASE = "database."


def test_every_table_is_described_computed_by_one_step_and_has_consumers():
    computed = [name for step in STEPS for name in step.sources if not name.startswith(DATABASE)]
    own = {table.full_name for table in TABLES}
    assert sorted(computed) == sorted(own)
    assert set(DESCRIPTIONS) == own == set(CONSUMERS)


def test_every_source_is_a_table():
    sources = {name for step in STEPS for names in step.sources.values() for name in names}
    landed = {feed.rows.name for feed in FEEDS}
    assert (
        {name for name in sources if name not in tables_by_name()} == landed >= {"database.reports"}
    )


def test_the_sources_of_the_marts_are_those_that_the_program_reads():
    for mart, sources in MART_SOURCES.items():
        names = tuple(table.full_name for table in sources)
        assert list_sources(mart.full_name) == names
        read = set(re.findall(r"\btrusted_\w+", read_sql(mart.name)))
        assert read == {name.replace(".", "_") for name in names}


def test_every_mart_is_copied_to_its_table():
    copied = {name for mart in PUBLISHED_MARTS for name in list_targets(mart.full_name)}
    expected = {f"{DATABASE}{table.name}" for table in PUBLISHED_MARTS.values()}
    assert expected == {name for name in copied if name.startswith(DATABASE)}


def test_sources_and_targets_mirror_each_other():
    for name in tables_by_name():
        assert all(name in list_targets(source) for source in list_sources(name))
    assert list_sources("trusted.audience_sensors") == (
        "raw.audience_sensors", "trusted.audience_reports",
    )  # fmt: skip
