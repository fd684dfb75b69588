"""`trade export xibo|broadsign`: files for players of other makers.

For Xibo `impressionsPerPlay` and `costPerPlay` of displays, forecast for an hour or of a campaign
as delivered; for Broadsign the audience of display units by hour.
"""

import argparse
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, TextIO

from cloud import database
from cloud.app.context import AppContext, ForecastFailed
from cloud.campaigns.campaign import find_campaign
from cloud.campaigns.performance import read_performance
from cloud.campaigns.plays.names import NameAliases, load_aliases
from cloud.campaigns.usual_audience import UsualAudience, forecast_from_database
from cloud.pricing.slot import Slot, list_slots, parse_slot
from cloud.sites.site_model import Site
from cloud.trade.exports import broadsign, xibo
from cloud.trade.exports.play_values import (
    ExportError,
    HourValue,
    delivered_values,
    forecast_values,
)
from wire.command_line import OptionError
from wire.whole_file import write_whole_file

MOST_DAYS: Final = 92


def add_exports(parser: argparse.ArgumentParser) -> None:
    """Options of `export`."""
    formats = parser.add_subparsers(dest="maker", required=True, metavar="xibo|broadsign")
    _add_xibo(formats.add_parser("xibo", help="impressions and cost of a play of each display"))
    _add_broadsign(formats.add_parser("broadsign", help="audience of each display unit by hour"))


def run_export(context: AppContext, arguments: argparse.Namespace) -> int:
    """Write the file; 1 where a screen is missing in it."""
    export = _export_xibo if arguments.maker == "xibo" else _export_broadsign
    return export(context, arguments)


def _add_xibo(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--time-slot", metavar="HOUR", help="forecast of a local hour")
    what.add_argument(
        "--campaign", metavar="ID", help="a campaign as delivered, by display and media"
    )
    parser.add_argument(
        "--format", choices=("csv", "api"), default="csv",
        help="a table, or the form of `PUT /api/display/{displayId}` of each display",
    )  # fmt: skip


def _add_broadsign(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--from", dest="first", required=True, type=date.fromisoformat,
                        metavar="DAY", help="first local day")  # fmt: skip
    parser.add_argument("--days", type=int, default=7, help="number of days (default: 7)")
    parser.add_argument(
        "--method", choices=[one.value for one in broadsign.AudienceMethod], default="dwell",
        help="audience_calculation_method of the loop policy (default: dwell)",
    )  # fmt: skip
    parser.add_argument("--template", type=Path, metavar="FILE",
                        help="file with the header of Broadsign's template")  # fmt: skip
    ours = ", ".join(broadsign.FIELDS)
    parser.add_argument("--column", action="append", default=[], metavar="THEIRS=OURS",
                        help=f"column of the template; ours: {ours}")  # fmt: skip


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("locations", nargs="*", metavar="LOCATION", help="default: every screen")
    parser.add_argument("--names", type=Path, metavar="FILE",
                        help="CSV kind,log,ours, as for `campaigns plays import`")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")


def _export_xibo(context: AppContext, arguments: argparse.Namespace) -> int:
    aliases = _load_names(arguments)
    names = xibo.XiboNames({site.id: site.name for site in context.sites}, aliases)
    if arguments.campaign:
        displays, missing = _describe_campaign(context, arguments.campaign, names), 0
    else:
        chosen = _choose_sites(context, arguments)
        values, missing = _read_forecasts(
            context, chosen, lambda site: [parse_slot(arguments.time_slot, site.zone)]
        )
        displays = xibo.describe_hours(values, names)
    write = xibo.write_csv if arguments.format == "csv" else xibo.write_requests
    with _open_output(arguments.out) as to:
        write(displays, to)
    return missing


def _describe_campaign(
    context: AppContext, campaign_id: str, names: xibo.XiboNames
) -> list[xibo.XiboDisplay]:
    now = context.clock()
    with database.reading(context.engine) as connection:
        campaign = find_campaign(connection, context.sites, campaign_id, None)
        usual = UsualAudience(context.sites, forecast_from_database(connection, now))
        found = read_performance(connection, campaign, usual, now)
    return xibo.describe_plays(delivered_values(found), names)


def _export_broadsign(context: AppContext, arguments: argparse.Namespace) -> int:
    if not 1 <= arguments.days <= MOST_DAYS:
        raise ExportError(f"--days: found {arguments.days}, expected 1 to {MOST_DAYS}")
    days = [
        date.fromordinal(arguments.first.toordinal() + number) for number in range(arguments.days)
    ]
    layout = _read_layout(arguments)
    values, missing = _read_forecasts(
        context,
        _choose_sites(context, arguments),
        lambda site: [slot for day in days for slot in list_slots(day, site.zone)],
    )
    units = {ours: log for log, ours in _load_names(arguments).screens.items()}
    method = broadsign.AudienceMethod(arguments.method)
    with _open_output(arguments.out) as to:
        broadsign.write_csv(values, units, method, layout, to)
    return missing


def _read_layout(arguments: argparse.Namespace) -> broadsign.BroadsignLayout:
    mapped = dict(one.partition("=")[::2] for one in arguments.column)
    if arguments.template is None:
        if mapped:
            raise OptionError("--column needs --template, whose columns it names")
        return broadsign.BroadsignLayout()
    with arguments.template.open(encoding="ascii", errors="replace") as file:
        return broadsign.read_layout(file.readline(10_000), mapped)


def _read_forecasts(
    context: AppContext, sites: list[Site], slots_of: Callable[[Site], list[Slot]]
) -> tuple[list[HourValue], int]:
    """The values of the screens, and 1 where one has none: that screen is named."""
    values: list[HourValue] = []
    missing = 0
    for site in sites:
        try:
            values += forecast_values(context, site, slots_of(site))
        except ForecastFailed as failed:
            sys.stderr.write(f"{failed}\n")
            missing = 1
    return values, missing


def _choose_sites(context: AppContext, arguments: argparse.Namespace) -> list[Site]:
    return [context.sites.location(one) for one in arguments.locations] or list(context.sites)


def _load_names(arguments: argparse.Namespace) -> NameAliases:
    return load_aliases(arguments.names) if arguments.names else NameAliases()


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with (
        write_whole_file(path) as whole,
        io.TextIOWrapper(whole, encoding="utf-8", newline="") as file,
    ):
        yield file
