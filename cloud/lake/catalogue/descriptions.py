"""What one row of each table is, for readers of the catalogue.

Tables of data products are described by the purpose that their contract states.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from cloud.lake.tables import Zone
from cloud.lake.trusted.declared_tables import declared_tables

ZONES: Final[Mapping[Zone, str]] = {
    Zone.LANDING: "rows as they were received",
    Zone.RAW: "typed columns of the rows that can be read",
    Zone.TRUSTED: "rows that meet their contract, each identity once",
    Zone.CURATED: "results computed from trusted rows",
}
_PARTS: Final = {
    "audience_reports": "One audience report: the sums of a camera over an interval.",
    "audience_demographics": "One age group and gender of a report, where a site enables it.",
    "audience_creatives": "What one creative contributes to a report.",
    "audience_sensors": "What one sensor contributes to a report.",
    "device_hours": "The heartbeats of one device in one UTC hour.",
    "published_prices": "The price of one hour at one location, as published on one day.",
    "alert_changes": "One change of an alert: raised, acknowledged, cleared or closed.",
    "order_lines": "One version of a line of an advertiser's order.",
    "retail_price_points": "What one store sold of one SKU, and at which price.",
    "order_line_hours": "What a version of an order line books in a UTC hour, by creative.",
}
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "landing.audience_reports": "One audience report as committed to the database, as JSON.",
    "landing.alert_changes": "One change of an alert as committed to the database.",
    "landing.device_hours": "The heartbeats of one device in one hour, as last committed.",
    "landing.price_sheets": "The prices of a quarter at one location, published on one day.",
    "landing.order_lines": "One version of an order line as committed to the database.",
    "landing.retail_price_points": "One price point of a shop as committed to the database.",
    "landing.quarantine": "One landed row that could not be promoted to the raw zone, and why.",
    **{f"{Zone.RAW}.{name}": sentence for name, sentence in _PARTS.items()},
    "raw.quarantine": "One raw row that could not be promoted to the trusted zone, and why.",
    **{f"{Zone.TRUSTED}.{name}": sentence for name, sentence in _PARTS.items()},
    "trusted.rule_results": "What one rule found on one day of one table.",
    "curated.audience_metrics": "The audience of one location in one UTC hour.",
    "curated.audience_demographics_hourly": (
        "The visits of one age group and gender at one location in one UTC hour."
    ),
    "curated.campaign_performance": (
        "One order line and creative at one location in one UTC hour: ordered, shown and seen."
    ),
    "curated.location_profiles": "One location over the last four weeks.",
    "curated.location_demographics": (
        "The visits of one age group and gender at one location over the last four weeks."
    ),
    "curated.location_benchmarks": (
        "One measure of one location over the last four weeks, against other locations."
    ),
    "curated.location_seasons": "One location over a month, or over a season.",
    "curated.retail_weekly": "The sales of one SKU in one store over a week.",
    "curated.retail_features": "What was known of one SKU in one store at the end of a day.",
    "curated.pricing_history": "The prices that were published for one location and UTC hour.",
}


def describe_table(full_name: str) -> str | None:
    """One sentence about a table of the lake; None for another table."""
    return DESCRIPTIONS.get(full_name) or _describe_declared().get(full_name)


@cache
def _describe_declared() -> Mapping[str, str]:
    described = {one.table.full_name: one.contract.purpose for one in declared_tables()}
    raw = {
        f"{Zone.RAW}.{one.table.name}": f"{one.contract.purpose} Not checked yet."
        for one in declared_tables()
        if one.table.zone is Zone.TRUSTED
    }
    return described | raw
