"""`python -m cloud publish`: store today's prices of the coming quarter.

The prices of the next day depend on them. Run it from cron after the nightly forecast. A location
with a price sheet of the day is skipped, so that a second run only completes an interrupted one.
"""

import argparse
import getpass
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from cloud import database, settings
from cloud.app.context import AppContext
from cloud.app.site_selection import OmittedLocation, run_isolated
from cloud.auth import audit
from cloud.cli.serve import add_rate_card, open_context
from cloud.forecast.history.hours import Measures
from cloud.pricing.availability import has_begun
from cloud.pricing.price_list import price_slots
from cloud.pricing.slot import build_slot_columns, list_slots
from cloud.sales.price_sheet import DAYS, PriceSheet, is_published, store_sheet
from cloud.sites.site_model import Site

AT_ONCE: Final = 100
"""Locations whose sheets are stored in one transaction, with one entry in the audit log."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `publish`."""
    settings.add_arguments(parser, "database", "sites", "redis")
    add_rate_card(parser)


def run(arguments: argparse.Namespace) -> int:
    """Publish and print for how many locations; 1 when some failed, with the reasons."""
    context = open_context(arguments)
    try:
        published, left_out = publish(context)
    finally:
        context.engine.dispose()
    before = len(context.sites) - published - len(left_out)
    sys.stdout.write(
        f"prices of today published for {published} locations, {before} had them already\n"
    )
    for one in left_out:
        sys.stderr.write(f"no prices of today for {one.location}: {one.reason}\n")
    return 1 if left_out else 0


def publish(context: AppContext) -> tuple[int, list[OmittedLocation]]:
    """Publish each location without a sheet of its local day: how many, and those left out.

    A location whose forecast or price fails does not stop the others.
    """
    published, left_out = 0, list[OmittedLocation]()
    sites = list(context.sites)
    for start in range(0, len(sites), AT_ONCE):
        found = [
            run_isolated(site, lambda site: _sheet(context, site))
            for site in sites[start:][:AT_ONCE]
        ]
        left_out += [one for one in found if isinstance(one, OmittedLocation)]
        published += _store_sheets(context, [one for one in found if isinstance(one, PriceSheet)])
    return published, left_out


def _sheet(context: AppContext, site: Site) -> PriceSheet | None:
    """Today's sheet of a location; None if it is stored already."""
    now = context.clock()
    today = now.astimezone(site.zone).date()
    with database.reading(context.engine) as connection:
        if is_published(connection, site.ids, today):
            return None
    return price_sheet(context, site, today, now)


def _store_sheets(context: AppContext, sheets: Sequence[PriceSheet]) -> int:
    """Keep sheets and enter them in the audit log, in one transaction; how many were new."""
    with database.writing(context.engine) as connection:
        audit.lock_log(connection)
        digests = {
            one.location: (one.published_on, store_sheet(connection, one))
            for one in sheets
            if not is_published(connection, [one.location], one.published_on)
        }
        if digests:
            audit.record_change(
                connection,
                at=context.clock(),
                actor=getpass.getuser(),
                action="prices.publish",
                about=context.card.version,
                details={
                    "places": len(digests),
                    "rate_card": context.card.version,
                    "digest": context.card_digest,
                    "sheets": digests,
                },
            )
    return len(digests)


def price_sheet(context: AppContext, site: Site, today: date, now: datetime) -> PriceSheet:
    """The price of every hour of the coming quarter that has not begun.

    Prices as computed: a daily move is not counted from a price that was set by hand.
    """
    cached = context.forecast(site)
    book = replace(cached.book, overrides={})
    days = (today + timedelta(days=ahead) for ahead in range(DAYS))
    slots = build_slot_columns(
        slot for day in days for slot in list_slots(day, site.zone) if not has_begun(slot, now)
    )
    expected = cached.forecast.columns(slots.days, slots.day, slots.hour)
    attention_s = expected[Measures._fields.index("attention_s"), 1]
    markets = None if book.is_empty else [book.market(slot) for slot in slots.slots]
    return PriceSheet(
        location=site.id,
        published_on=today,
        published_at=now,
        first_at=slots.slots[0].starts_at,
        currency=site.currency,
        versions=f"{context.card.version} {context.card_digest}, {cached.forecast.model}",
        prices_minor=price_slots(
            site,
            slots,
            attention_s,
            context.card,
            markets,
            unobserved=cached.forecast.unobserved(slots.days, slots.day, slots.hour),
        ),
    )
