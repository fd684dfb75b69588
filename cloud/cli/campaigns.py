"""`python -m cloud campaigns list|show|plays|make-goods`: campaigns and the logs of their plays.

`plays import` reads a log of a player and stores each play once; it can be repeated without effect.
`make-goods` lists lines that have certainly delivered less than booked, and stores proposals with
`--propose`. Only finance approves them, over the API.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine

from cloud import database, settings
from cloud.campaigns.campaign import (
    UnknownCampaignError,
    find_campaign,
    list_campaigns,
)
from cloud.campaigns.make_good_proposals import find_shortfalls, propose_make_goods
from cloud.campaigns.make_good_store import Remedy, write_reason
from cloud.campaigns.performance import Performance, read_performance, sum_by
from cloud.campaigns.plays.coverage import CoverageError, parse_period, state_coverage
from cloud.campaigns.plays.imports import Importer, ImportResult
from cloud.campaigns.plays.log_file import LogFileError
from cloud.campaigns.plays.names import load_aliases
from cloud.campaigns.plays.play import PlaySource
from cloud.campaigns.totals import DeliveryTotals
from cloud.campaigns.usual_audience import UsualAudience, forecast_from_database
from cloud.forecast.intervals.interval import Interval
from cloud.sites.sites import Sites
from cloud.sites.sites_file import SAMPLE, load_sites
from wire.clock import utc_now

FILE_SOURCES = [source.value for source in PlaySource if source is not PlaySource.HTTP]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `campaigns`."""
    settings.add_arguments(parser, "database", "sites")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    lists = actions.add_parser("list", help="list campaigns, those that end last first")
    lists.add_argument("--account", help="campaigns of this account only")
    shows = actions.add_parser("show", help="show delivery and audience of a campaign by line")
    shows.add_argument("campaign", help="id of the campaign, from `list`")
    plays = actions.add_parser("plays", help="import the log of a player")
    operations = plays.add_subparsers(dest="operation", required=True, metavar="import")
    imports = operations.add_parser("import", help="store each play of a log once")
    imports.add_argument("file", type=Path, help="the log")
    imports.add_argument("--format", required=True, choices=FILE_SOURCES, help="who wrote it")
    what = "CSV kind,log,ours: what the log calls screens and creatives"
    imports.add_argument("--names", type=Path, metavar="FILE", help=what)
    what = "zone of times without an offset, such as UTC (default: the screen's)"
    imports.add_argument("--zone", metavar="ZONE", help=what)
    what = "the log has every play of this period, such as 2026-11-23T00:00Z..2026-11-24T00:00Z"
    imports.add_argument("--covers", metavar="FROM..UNTIL", help=what)
    what = "a screen that --covers is about, once for each (default: those that the log names)"
    imports.add_argument("--screen", action="append", metavar="ID", help=what)
    goods = actions.add_parser("make-goods", help="list or propose make-goods")
    goods.add_argument("campaign", help="id of the campaign, from `list`")
    goods.add_argument("--propose", choices=[one.value for one in Remedy], help="store proposals")


def run(arguments: argparse.Namespace, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the action; 1 when something is refused or rows of a log were."""
    chosen = settings.read(arguments)
    sites = load_sites(chosen.sites or SAMPLE)
    engine = database.open_existing(chosen.database_url)
    try:
        if arguments.action == "plays":
            return _import(engine, sites, arguments, clock())
        if arguments.action == "list":
            return _list(engine, sites, arguments.account, clock())
        show = _show if arguments.action == "show" else _make_goods
        return show(engine, sites, arguments, clock())
    except (CoverageError, LogFileError, UnknownCampaignError) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    finally:
        engine.dispose()


def _list(engine: Engine, sites: Sites, account: str | None, now: datetime) -> int:
    with database.reading(engine) as connection:
        found = list_campaigns(connection, sites, None if account is None else {account})
    for one in found:
        state = "running" if one.is_running(now) else "-"
        sys.stdout.write(
            f"{one.id}  {one.starts_at:%Y-%m-%d} to {one.ends_at:%Y-%m-%d}  {state:<8}"
            f"{len(one.lines):>4} lines  {one.account}  {one.advertiser}: {one.name}\n"
        )
    return 0


def _show(engine: Engine, sites: Sites, arguments: argparse.Namespace, now: datetime) -> int:
    with database.reading(engine) as connection:
        campaign = find_campaign(connection, sites, arguments.campaign, None)
        usual = UsualAudience(sites, forecast_from_database(connection, now))
        found = read_performance(connection, campaign, usual, now)
    parts = sum_by(found.hours, lambda hour: hour.hour.booked.line_id)
    for name, totals in (*parts.items(), ("all lines", found.totals)):
        sys.stdout.write(f"{name!s:<20}{_describe(totals)}\n")
    sys.stdout.write(f"{_describe_pacing(found)}\n")
    return 0


def _describe(totals: DeliveryTotals) -> str:
    share = totals.observed_share
    unknown = totals.unknown_milli // 1_000
    return (
        f"{totals.plays:,} of {totals.ordered_milli // 1_000:,} plays"
        f"{f', {unknown:,} unknown' if unknown else ''}"
        f"  OTS {_describe_interval(totals.ots.interval)}"
        f"  attention {_describe_interval(totals.attention_s.interval)} s"
        f"  observed {'-' if share is None else f'{share:.0%}'}"
    )


def _describe_interval(found: Interval) -> str:
    return f"{found.p50:,.0f} ({found.p10:,.0f} to {found.p90:,.0f})"


def _describe_pacing(found: Performance) -> str:
    ratio = found.pacing.ratio
    if ratio is None:
        return "pacing: nothing is expected by now"
    return (
        f"pacing: {ratio.p50:.0%} of what is expected by now ({ratio.p10:.0%} to {ratio.p90:.0%})"
    )


def _make_goods(engine: Engine, sites: Sites, arguments: argparse.Namespace, now: datetime) -> int:
    with database.writing(engine) as connection:
        campaign = find_campaign(connection, sites, arguments.campaign, None)
        usual = UsualAudience(sites, forecast_from_database(connection, now))
        if arguments.propose:
            remedy, by = Remedy(arguments.propose), getpass.getuser()
            proposed = propose_make_goods(connection, campaign.lines, usual, remedy, by=by, now=now)
            sentences = [f"{one.id}  {one.reason}" for one in proposed]
        else:
            found = find_shortfalls(connection, campaign.lines, usual, now)
            sentences = [
                write_reason(campaign.lines[name], one) for name, one in sorted(found.items())
            ]
    for sentence in sentences or ["no line has certainly delivered less than booked"]:
        sys.stdout.write(f"{sentence}\n")
    return 0


def _import(engine: Engine, sites: Sites, arguments: argparse.Namespace, now: datetime) -> int:
    aliases = load_aliases(arguments.names) if arguments.names else None
    zone = _read_zone(arguments.zone)
    importer = Importer(sites, getpass.getuser(), now, aliases, zone)
    if arguments.covers is not None:
        period = parse_period(arguments.covers)
        screens = arguments.screen or ()
        coverage = state_coverage(*period, screens, importer.names, now)
        importer = replace(importer, covers=coverage)
    elif arguments.screen:
        raise CoverageError("--screen is of no use without --covers")
    result = importer.import_file(engine, arguments.file, PlaySource(arguments.format))
    sys.stdout.write(
        f"{result.rows} rows: {result.stored} stored, {result.duplicates} stored before, "
        f"{result.refused} refused\n"
    )
    if result.covered:
        screens = ", ".join(result.covered)
        sys.stdout.write(f"every play of {arguments.covers} is known of {screens}\n")
    return _report_refused(result)


def _report_refused(result: ImportResult) -> int:
    for reason, rows in result.reasons.most_common():
        sys.stderr.write(f"{rows} rows: {reason}\n")
    if result.failure is not None:
        sys.stderr.write(f"the rest could not be read: {result.failure}\n")
    for screen, reason in result.uncovered.items():
        sys.stderr.write(f"{screen} is not covered: {reason}\n")
    return int(bool(result.refused or result.failure or result.uncovered))


def _read_zone(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise LogFileError(f"{name!r} is no time zone: write UTC or Europe/London") from None
