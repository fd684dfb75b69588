"""`python -m cloud lake`: fill the lake, list what is refused, and repair it."""

import argparse
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cloud.cli.lake.output import record_action, write_line, write_stopped, write_table
from cloud.database import reading
from cloud.lake.file_lists import write_lists
from cloud.lake.lake import Lake
from cloud.lake.landing.reports import LANDED_REPORTS
from cloud.lake.manifest import read_files, read_snapshots
from cloud.lake.ownership import require_listed_files
from cloud.lake.query import run_query
from cloud.lake.raw.alerts import NUMBER_READABLE
from cloud.lake.raw.feeds import FEEDS, Feed
from cloud.lake.raw.orders import SLOTS_READABLE
from cloud.lake.raw.replay import RepairError, repair_report, replay_rows
from cloud.lake.raw.reports import READABLE, SAME_IDENTITY
from cloud.lake.reader import read_table
from cloud.lake.registry import all_tables, find_table
from cloud.lake.skipped import SkippedFile, read_skipped
from cloud.lake.tables import Zone
from cloud.lake.trusted.anomalies import find_unusual_days
from cloud.lake.trusted.contracted_tables import (
    ContractedTable,
    contracted_tables,
    is_irregular,
)
from cloud.lake.trusted.promotion import promote_days, read_stopped_days
from cloud.lake.trusted.repair import repair_row
from cloud.lake.trusted.results import STOPPED, list_rules
from cloud.lake.trusted.rules import quote
from cloud.lake.trusted.tables import ROW_QUARANTINE, RULE_RESULTS
from cloud.suggestions import unknown_word
from wire.command_line import row_count


class UnknownRuleError(LookupError):
    """No contract has a rule of this name."""


QUARANTINED: Final = """
SELECT day, table_name, rule, CAST(source_id AS VARCHAR) AS row, reason, content
FROM landing_quarantine
UNION ALL
SELECT day, table_name, rule, identity AS row, reason, content FROM raw_quarantine
"""


def add_actions(actions: Any) -> None:
    """The actions of this module."""
    actions.add_parser(
        "update", help="land committed rows, promote them to the raw and the trusted zone"
    )
    lists = actions.add_parser("quarantine", help="rows that were not promoted, newest first")
    lists.add_argument("--table", help="only of this table, such as trusted.audience_reports")
    lists.add_argument("--rule", help="only those that break this rule")
    lists.add_argument("--content", action="store_true", help="the whole row as JSON")
    lists.add_argument("--count", action="store_true", help="number of rows by table and rule")
    lists.add_argument("--limit", type=row_count, default=50, help="rows (%(default)s)")
    replays = actions.add_parser(
        "replay", help="check quarantined rows, and further days, by the present rules"
    )
    replays.add_argument("--first-on", type=date.fromisoformat, help="first day, YYYY-MM-DD, UTC")
    replays.add_argument("--last-on", type=date.fromisoformat, help="last day, included")
    repairs = actions.add_parser("repair", help="promote a quarantined row with corrected content")
    repairs.add_argument("table", help=f"{LANDED_REPORTS.full_name}, or a raw table")
    repairs.add_argument("file", type=Path, help="the corrected report or row, as JSON")


def update(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Land and promote; 1 when a file is skipped or a day is stopped."""
    require_listed_files(lake)
    for feed in FEEDS:
        _update_feed(lake, feed, now)
    skipped = _list_skipped(lake)
    for one in skipped:
        sys.stderr.write(f"skipped: {one}\n")
    return max(1 if skipped else 0, promote_trusted(lake, now))


def _update_feed(lake: Lake, feed: Feed, now: datetime) -> None:
    landed = sum(snapshot.rows_added for snapshot in feed.land(lake, now))
    write_line(f"{landed} {feed.name} landed")
    found = list(feed.promote(lake, now))
    promoted, quarantined = (
        sum(getattr(one, name) for one in found) for name in ("promoted", "quarantined")
    )
    write_line(f"{promoted} {feed.name} promoted to the raw zone, {quarantined} quarantined")


def replay(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Promote what meets the present rules; 1 when a day is stopped."""
    require_listed_files(lake)
    found = [one for feed in FEEDS for one in replay_rows(lake, feed.raw, now=now)]
    promoted, left = sum(one.promoted for one in found), sum(one.quarantined for one in found)
    write_line(f"{promoted} quarantined rows promoted to the raw zone, {left} left")
    status = 1 if write_stopped(found) else 0
    return max(status, promote_trusted(lake, now, also=_days_to_replay(lake, arguments)))


def repair(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """Promote a corrected row; 1 when a day is stopped."""
    require_listed_files(lake)
    sources = {one.source.full_name: one for one in contracted_tables()}
    try:
        content = arguments.file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise RepairError(f"{arguments.file} cannot be read: {error}") from error
    if arguments.table == LANDED_REPORTS.full_name:
        repair_report(lake, content, now=now)
    elif arguments.table in sources:
        repair_row(lake, sources[arguments.table], content, now=now)
    else:
        names = [LANDED_REPORTS.full_name, *sources]
        raise RepairError(unknown_word("table", arguments.table, names))
    record_action(lake, now, "lake.row_repaired", arguments.table, {"content": content})
    return promote_trusted(lake, now)


def list_quarantine(lake: Lake, arguments: argparse.Namespace, now: datetime) -> int:
    """The rows of both quarantines.

    Raises:
        UnknownTableError: `--table` is not a table.
        UnknownRuleError: `--rule` is no rule of a contract, and no row has it.
    """
    if arguments.table:
        find_table(arguments.table)
    filters = {"table_name": arguments.table, "rule": arguments.rule}
    conditions = [f"{name} = {quote(value)}" for name, value in filters.items() if value]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    if arguments.count:
        columns, tail = "table_name, rule, count(*) AS rows", "GROUP BY ALL ORDER BY ALL"
    else:
        columns = "day, table_name, rule, row, " + (
            "content" if arguments.content else "left(reason, 160) AS reason"
        )
        tail = "ORDER BY day DESC, table_name, rule, row"
    sql = f"SELECT {columns} FROM ({QUARANTINED}) {where} {tail}"  # noqa: S608
    found = run_query(lake, sql, limit=arguments.limit)
    if arguments.rule and not found.rows and arguments.rule not in (known := _list_known_rules()):
        raise UnknownRuleError(unknown_word("rule", arguments.rule, known))
    write_table(found)
    return 0


def write_quality(lake: Lake, now: datetime) -> None:
    """What is not as the contracts promise: skipped, stopped, unusual and late."""
    for skipped in _list_skipped(lake):
        write_line(f"skipped: {skipped}")
    for row in _read_stopped(lake):
        write_line(f"stopped: {row['table_name']} on {row['day']}: {row['reason']}")
    for unusual in find_unusual_days(lake, contracted_tables(), now=now):
        write_line(f"unusual: {unusual}")
    for one in contracted_tables():
        if one.parent is None and not is_irregular(one.target):  # a report need not have parts
            _write_if_late(lake, one, now)


def promote_trusted(lake: Lake, now: datetime, also: Iterable[date] = ()) -> int:
    """Promote changed days, and `also`, to the trusted zone; 1 when a day is stopped."""
    found = list(promote_days(lake, contracted_tables(), now=now, also=set(also)))
    promoted, quarantined = (
        sum(getattr(one, name) for one in found) for name in ("promoted", "quarantined")
    )
    where = f"{len({one.day for one in found})} days promoted to the trusted zone"
    write_line(f"{promoted} rows of {where}, {quarantined} quarantined")
    for table in all_tables():
        if table.zone is not Zone.CURATED:  # `marts build` writes those of the curated zone
            write_lists(lake, table.full_name)
    stopped = write_stopped(found)
    for unusual in find_unusual_days(lake, contracted_tables(), now=now):
        write_line(f"unusual: {unusual}")
    return 1 if stopped else 0


def _list_known_rules() -> set[str]:
    """The rules of all contracts, and those of landed rows."""
    rules = {rule for one in contracted_tables() for rule in list_rules(one.contract)}
    return rules | {NUMBER_READABLE, READABLE, SAME_IDENTITY, SLOTS_READABLE}


def _list_skipped(lake: Lake) -> list[SkippedFile]:
    with reading(lake.engine) as connection:
        return read_skipped(connection)


def _read_stopped(lake: Lake) -> list[dict[str, Any]]:
    rows = read_table(lake, RULE_RESULTS, days=read_stopped_days(lake)).to_pylist()
    return [row for row in rows if row["outcome"] == STOPPED]


def _write_if_late(lake: Lake, one: ContractedTable, now: datetime) -> None:
    with reading(lake.engine) as connection:
        snapshots = read_snapshots(connection, one.target.full_name)
    if snapshots and now - snapshots[-1].committed_at > one.contract.freshness:
        hours = one.contract.freshness // timedelta(hours=1)
        write_line(
            f"late: {one.target.full_name}: newest snapshot of "
            f"{snapshots[-1].committed_at:%Y-%m-%d %H:%M} UTC, expected one every {hours} hours"
        )


def _days_to_replay(lake: Lake, arguments: argparse.Namespace) -> set[date]:
    """The days with quarantined rows, and those between the given days."""
    with reading(lake.engine) as connection:
        days = {file.day for file in read_files(connection, ROW_QUARANTINE.full_name)}
    first, last = arguments.first_on, arguments.last_on
    return days if first is None and last is None else days | {*list_days(first, last)}


def list_days(first: date | None, last: date | None) -> list[date]:
    """Every day from the first to the last; raises RepairError when they are none."""
    if first is None or last is None or first > last:
        raise RepairError(f"found the days {first} to {last}; expected a first and a last day")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
