"""The page on personal data: why a request finds none, and how days are deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyarrow as pa

from cloud.lake.catalogue.facts import TableFacts
from cloud.lake.catalogue.markup import Html, element, name, page
from cloud.lake.catalogue.table_page import link_table
from cloud.lake.catalogue.words import grid, write_age, write_time
from cloud.lake.lifecycle import TIME_TRAVEL

REASONS: Final = (
    "A camera sends counts, times in milliseconds and histograms of an interval: no image, "
    "crop, embedding, track or identifier of a person, and a filter on the device refuses other "
    "fields.",
    "Exact times are reported for groups only, of five people or more by default. Age group and "
    "gender are estimates for such groups, disabled by default.",
    "So no row belongs to a person: a name, a face or a number of a person cannot be looked up, "
    "and there is nothing to export, correct or delete for one person.",
    "Accounts and advertisers of orders are organisations. Names of their employees are not part "
    "of an order: load none as an account, advertiser or campaign.",
    "Names of employees who place holds or run queries are in the audit log of the database, not "
    "in the lake.",
)
STEPS: Final = (
    "Show the request this page, and the columns of text below: they are all places in which an "
    "identifier could be.",
    "List legal holds: lake hold list. Days under a hold are never deleted.",
    "Run lake expire. It removes days that are older than the retention of the "
    "contract from the landing, raw and trusted zones, and records it in the audit log. Figures of "
    "the curated zone stay.",
    "The files of removed days are deleted by a later run, when no snapshot that can be read has "
    f"them: after {write_age(TIME_TRAVEL)}, or as given by --days.",
    "Run lake verify: every file that is left is listed in the manifest.",
)


def build_data_subject_page(facts: Sequence[TableFacts], now: datetime) -> str:
    """The page as HTML; its columns and retention are those of the present definitions."""
    return page(
        "Personal data",
        element("h1", "Personal data and deletion"),
        element("h2", "Why a request of a person finds nothing"),
        *(element("p", sentence) for sentence in REASONS),
        element("h2", "Answer a request, and delete days"),
        element("ol", *(element("li", sentence) for sentence in STEPS), class_="steps"),
        element("h2", "Retention"),
        grid("Retention", ("Table", "Days are kept", "Legal holds"), _list_retention(facts)),
        element("h2", "Columns of text"),
        element("p", "All other columns are whole numbers, times and dates.", class_="quiet"),
        grid("Columns of text", ("Column", "Tables", "Content"), _list_text_columns(facts)),
        element("p", f"Written {write_time(now)} from the definitions of the tables.",
                class_="quiet"),
    )  # fmt: skip


def _list_retention(facts: Sequence[TableFacts]) -> list[Html]:
    return [
        element(
            "tr",
            element("th", link_table(one.table.full_name), scope="row"),
            element("td", write_age(one.retention.retention)),
            element("td", _list_holds(one)),
        )
        for one in facts
        if one.retention is not None
    ]


def _list_holds(facts: TableFacts) -> str:
    return ", ".join(f"{hold.first_on} to {hold.last_on}" for hold in facts.holds) or "none"


def _list_text_columns(facts: Sequence[TableFacts]) -> list[Html]:
    found: dict[tuple[str, str], list[str]] = {}
    for one in facts:
        for column in one.table.columns:
            if column.type == pa.string():
                key = (column.name, column.description)
                found.setdefault(key, []).append(one.table.full_name)
    return [
        element(
            "tr",
            element("th", name(column), scope="row"),
            element("td", ", ".join(tables), class_="long"),
            element("td", description, class_="long"),
        )
        for (column, description), tables in sorted(found.items())
    ]
