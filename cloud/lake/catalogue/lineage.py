"""Where the rows of each table come from, and who reads them.

A test compares the steps with the tables of the lake and with the sources of the marts. Tables of
the product's database are named `database.TABLE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from cloud.lake.curated.audience import AUDIENCE_DEMOGRAPHICS_HOURLY, AUDIENCE_METRICS
from cloud.lake.curated.benchmarks import LOCATION_BENCHMARKS
from cloud.lake.curated.campaigns import CAMPAIGN_PERFORMANCE
from cloud.lake.curated.demographics import LOCATION_DEMOGRAPHICS
from cloud.lake.curated.pricing import PRICING_HISTORY
from cloud.lake.curated.profiles import LOCATION_PROFILES
from cloud.lake.curated.retail import RETAIL_FEATURES, RETAIL_WEEKLY
from cloud.lake.curated.seasons import LOCATION_SEASONS
from cloud.lake.curated.tables import CURATED_TABLES
from cloud.lake.quarantine import QUARANTINE
from cloud.lake.raw.audience import RAW_CREATIVES, RAW_DEMOGRAPHICS, RAW_REPORTS
from cloud.lake.raw.feeds import FEEDS
from cloud.lake.raw.orders import RAW_ORDER_LINE_HOURS
from cloud.lake.tables import Zone
from cloud.lake.trusted.contracted_tables import contracted_tables
from cloud.lake.trusted.declared_tables import declared_tables, list_declared
from cloud.lake.trusted.tables import RAW_TABLES, ROW_QUARANTINE, RULE_RESULTS, TRUSTED_TABLES

LANDED: Final = tuple(feed.raw.landed.full_name for feed in FEEDS)
RAW: Final = tuple(table.full_name for table in RAW_TABLES)
TRUSTED: Final = tuple(table.full_name for table in TRUSTED_TABLES)
REPORTS, DEMOGRAPHICS, CREATIVES, ORDER_HOURS = (
    f"{Zone.TRUSTED}.{table.name}"
    for table in (RAW_REPORTS, RAW_DEMOGRAPHICS, RAW_CREATIVES, RAW_ORDER_LINE_HOURS)
)
HOURLY: Final = (AUDIENCE_METRICS.full_name, AUDIENCE_DEMOGRAPHICS_HOURLY.full_name)
CAMPAIGNS: Final = CAMPAIGN_PERFORMANCE.full_name
PROFILES: Final[Mapping[str, tuple[str, ...]]] = {
    LOCATION_PROFILES.full_name: HOURLY[:1],
    LOCATION_DEMOGRAPHICS.full_name: HOURLY,
    LOCATION_BENCHMARKS.full_name: HOURLY[:1],
}
SEASONS: Final = LOCATION_SEASONS.full_name
PRICES: Final = PRICING_HISTORY.full_name
PUBLISHED: Final = "trusted.published_prices"
PRICE_POINTS: Final = "trusted.retail_price_points"
SHOP_WEEKS: Final = RETAIL_WEEKLY.full_name


@dataclass(frozen=True, slots=True)
class LineageStep:
    """One program that computes tables; `sources` are those of each table."""

    job: str
    description: str
    sources: Mapping[str, tuple[str, ...]]


def _list_promotion_sources() -> dict[str, tuple[str, ...]]:
    """Of each trusted table: its raw table, and the table whose rows its rules refer to."""
    own = {
        one.target.full_name: (one.source.full_name, *((one.parent,) if one.parent else ()))
        for one in contracted_tables()
        if one.target in TRUSTED_TABLES
    }
    return own | {ROW_QUARANTINE.full_name: RAW, RULE_RESULTS.full_name: RAW}


STEPS: Final = (
    LineageStep(
        "land_rows",
        "Land committed rows of the database as they are.",
        {feed.raw.landed.full_name: (feed.rows.name,) for feed in FEEDS},
    ),
    LineageStep(
        "promote_to_raw",
        "Decode landed rows into typed columns; quarantine those that cannot be read.",
        {
            table.full_name: (feed.raw.landed.full_name,)
            for feed in FEEDS
            for table in feed.raw.targets
        }
        | {QUARANTINE.full_name: LANDED},
    ),
    LineageStep(
        "promote_to_trusted",
        "Check raw rows by their contract; quarantine those that do not meet it.",
        _list_promotion_sources(),
    ),
    LineageStep(
        "build_audience_marts",
        "Sum trusted rows by location and UTC hour.",
        {HOURLY[0]: (REPORTS,), HOURLY[1]: (REPORTS, DEMOGRAPHICS)},
    ),
    LineageStep(
        "build_campaign_performance",
        "Compare ordered with shown and seen creatives by location and UTC hour.",
        {CAMPAIGNS: (REPORTS, CREATIVES, ORDER_HOURS)},
    ),
    LineageStep(
        "build_location_profiles",
        "Compare locations over the last four weeks.",
        PROFILES,
    ),
    LineageStep(
        "build_location_seasons",
        "Sum hours by location, month and season.",
        {SEASONS: HOURLY[:1]},
    ),
    LineageStep(
        "build_pricing_history",
        "Compare the sheets that price an hour, and the orders of it.",
        {PRICES: (PUBLISHED, ORDER_HOURS)},
    ),
    LineageStep(
        "build_retail_weekly",
        "Sum price points of shops by SKU, store and week.",
        {SHOP_WEEKS: (PRICE_POINTS,)},
    ),
    LineageStep(
        "build_retail_features",
        "Describe each SKU in each store at the end of a day.",
        {RETAIL_FEATURES.full_name: (PRICE_POINTS, SHOP_WEEKS)},
    ),
    LineageStep(
        "publish_marts",
        "Copy changed days of the marts to tables of the database.",
        {
            f"database.mart_{mart.name}": (mart.full_name,)
            for mart in CURATED_TABLES
        },
    ),
)  # fmt: skip


@cache
def list_steps() -> tuple[LineageStep, ...]:
    """All programs that compute tables, those of data products included."""
    return (*STEPS, *_list_declared_steps())


def _list_declared_steps() -> tuple[LineageStep, ...]:
    steps = (
        LineageStep(
            "load_uploads",
            "Read uploaded files into typed columns; quarantine rows that cannot be read.",
            {table.full_name: (f"uploads.{table.name}",) for table in list_declared(Zone.RAW)},
        ),
        LineageStep(
            "promote_uploads",
            "Check the rows of uploads by their contract.",
            {
                table.full_name: (f"{Zone.RAW}.{table.name}",)
                for table in list_declared(Zone.TRUSTED)
            },
        ),
        LineageStep(
            "build_products",
            "Compute the results of data products.",
            {one.table.full_name: one.reads for one in declared_tables() if one.is_result},
        ),
    )
    return tuple(step for step in steps if step.sources)


ANALYSTS: Final = "analysts, by `lake query`"
BUSINESS_TOOLS: Final = "BI tools, from the copy in the database that `marts publish` writes"
CONSUMERS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(LANDED, ("the promotion to the raw zone",)),
    QUARANTINE.full_name: ("operators, by `lake quarantine` and `replay`",),
    **dict.fromkeys(RAW, ("the promotion to the trusted zone", ANALYSTS)),
    ROW_QUARANTINE.full_name: ("operators, by `lake quarantine` and `repair`",),
    **dict.fromkeys(TRUSTED, (ANALYSTS,)),
    **dict.fromkeys((REPORTS, DEMOGRAPHICS, CREATIVES, ORDER_HOURS), ("the marts", ANALYSTS)),
    RULE_RESULTS.full_name: ("operators, by `lake status`",),
    HOURLY[0]: ("the profiles and seasons of locations", BUSINESS_TOOLS, ANALYSTS),
    HOURLY[1]: ("the profiles of locations", BUSINESS_TOOLS, ANALYSTS),
    **dict.fromkeys((CAMPAIGNS, *PROFILES, SEASONS, PRICES), (BUSINESS_TOOLS, ANALYSTS)),
    PUBLISHED: ("the marts", ANALYSTS),
    PRICE_POINTS: ("the marts of shops", ANALYSTS),
    SHOP_WEEKS: ("the features of shops", "the demand models", ANALYSTS),
    RETAIL_FEATURES.full_name: (ANALYSTS,),
}
"""As documented in docs/lake.md and docs/marts.md."""


def list_consumers(full_name: str) -> tuple[str, ...]:
    """Who reads the table; of a data product its readers, by the roles that it names."""
    declared = any(table.full_name == full_name for zone in Zone for table in list_declared(zone))
    return ("readers of the data product", ANALYSTS) if declared else CONSUMERS.get(full_name, ())


def list_sources(table_name: str) -> tuple[str, ...]:
    """The tables that its rows are computed from."""
    return tuple(
        source for step in list_steps() for source in step.sources.get(table_name, ())
    )  # fmt: skip


def list_targets(table_name: str) -> tuple[str, ...]:
    """The tables whose rows are computed from it."""
    return tuple(
        target
        for step in list_steps()
        for target, sources in step.sources.items()
        if table_name in sources
    )
