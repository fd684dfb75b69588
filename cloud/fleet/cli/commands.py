"""`python -m cloud fleet ...`: who is there, what they should be, who is not it, and what was done.

`set` and `roll-out` change nothing without `--apply`: they show first what they would do. Messages
to cameras go out when the service runs; the command only leaves them.
"""

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from cloud import settings
from cloud.database import open_existing, reading, writing
from cloud.estate import SAMPLE, Estate, load
from cloud.fleet import history, retirement
from cloud.fleet.cli import aws_commands, formatting, serve
from cloud.fleet.enrolment import allow_list
from cloud.fleet.enrolment.server import EnrolmentServerError
from cloud.fleet.history import Author
from cloud.fleet.jobs import progress, rollout
from cloud.fleet.jobs.execution import ExecutionStatus, RolloutConfig
from cloud.fleet.jobs.job_store import JobExists
from cloud.fleet.registry import devices, sites_check
from cloud.fleet.registry.devices import Device, DeviceStatus, RegistryError
from cloud.fleet.shadows import desired_config
from cloud.fleet.shadows.desired_config import DesiredConfigError
from cloud.fleet.shadows.shadow import ShadowError
from wire.command_line import OptionError, refuse_options, row_count
from wire.topics import TopicError

REFUSALS: Final = (
    DesiredConfigError,
    JobExists,
    OptionError,
    RegistryError,
    ShadowError,
    TopicError,
)

READS: Final = frozenset({"list", "show", "drift", "audit", "jobs", "job"})

Action = Callable[[Connection, argparse.Namespace, Author], Iterator[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `fleet`."""
    actions = parser.add_subparsers(dest="action", required=True)
    serve.add_arguments(actions.add_parser("serve", help="answer cameras, enrol new ones"))
    listing = _add_action(actions, "list", "things and how they are", list_devices)
    _add_selectors(listing)
    settings.add_arguments(listing, "estate")
    _add_action(actions, "show", "one thing, wholly", show_device).add_argument("thing")
    _add_change_actions(actions)
    _add_selectors(_add_action(actions, "drift", "who is not what they should be", list_drift))
    _add_job_actions(actions)
    audit = _add_action(actions, "audit", "what was done, newest first", show_history)
    audit.add_argument("--thing")
    audit.add_argument("--last", type=row_count, default=50)


def _add_change_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    register = _add_action(
        actions, "register", "take in a camera, or all of the estate", register_cameras
    )
    register.add_argument("thing", nargs="?")
    register.add_argument("--location")
    register.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE")
    _add_sites_options(register)
    _add_action(actions, "retire", "take a thing out of the fleet", retire_device).add_argument(
        "thing"
    )
    for name, run in (("join", add_to_group), ("leave", remove_from_group)):
        membership = _add_action(actions, name, f"{name} a group", run)
        membership.add_argument("group")
        membership.add_argument("thing", nargs="+")
    expects = _add_action(actions, "expect", "write cameras onto the roster", allow_cameras)
    expects.add_argument(
        "file", type=Path, help=f"CSV with columns {', '.join(allow_list.COLUMNS)}"
    )
    expects.add_argument("--again", action="store_true", help="let them enrol once more")
    _add_sites_options(expects)
    sets = _add_action(actions, "set", "what cameras should be", set_config)
    sets.add_argument("wish", nargs="+", metavar="SETTING=VALUE", help="VALUE is JSON, or a word")
    _add_selectors(sets)
    _add_all_option(sets)
    sets.add_argument("--apply", action="store_true", help="do it; without, only show")


def _add_job_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    out = _add_action(actions, "roll-out", "bring a model to cameras", roll_out)
    out.add_argument("model")
    _add_selectors(out)
    _add_all_option(out)
    out.add_argument("--per-minute", type=row_count)
    out.add_argument("--minutes-each", type=row_count, default=30)
    out.add_argument("--abort-percent", type=float, default=20.0)
    out.add_argument(
        "--abort-after", type=row_count, default=1, help="failures count from so many on"
    )
    out.add_argument("--replaces", help="the model that goes (without: what most of them run)")
    out.add_argument("--package", type=Path, help="JSON that joins the job: package, trial")
    out.add_argument("--apply", action="store_true", help="do it; without, only show")
    other = _add_action(actions, "order", "another job: renew, restart, diagnose, clip", create_job)
    other.add_argument("operation")
    other.add_argument("word", nargs="*", metavar="NAME=VALUE", help="what the job needs: url=...")
    _add_selectors(other)
    _add_all_option(other)
    other.add_argument("--per-minute", type=row_count)
    other.add_argument("--minutes-each", type=row_count, default=30)
    other.add_argument("--apply", action="store_true", help="do it; without, only show")
    back = _add_action(actions, "roll-back", "give the old model back", roll_back)
    back.add_argument("job")
    back.add_argument("--to", help="which model (without: the one that was replaced)")
    shows = _add_action(
        actions, "job", "one job: where each thing stands with it, and why", show_job
    )
    shows.add_argument("job")
    shows.add_argument("--status", choices=[str(one) for one in ExecutionStatus], help="only these")
    shows.add_argument("--last", type=row_count, default=1_000, help="things at most (%(default)s)")
    jobs = _add_action(actions, "jobs", "what was rolled out, newest first", list_jobs)
    jobs.add_argument("--last", type=row_count, default=20)


def _add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    purpose: str,
    run: Action,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    if name in aws_commands.ACTIONS:
        parser.add_argument("--on-aws", metavar="REGION", help="the fleet on AWS IoT Core")
    parser.set_defaults(act=run)
    return parser


def _add_selectors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", help="one thing")
    parser.add_argument("--group")
    parser.add_argument("--location")
    parser.add_argument("--where", action="append", default=[], metavar="NAME=VALUE")


def _add_sites_options(parser: argparse.ArgumentParser) -> None:
    settings.add_arguments(parser, "estate")
    parser.add_argument(
        "--force", action="store_true", help="take a location that the sites file does not list"
    )


def _add_all_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="the whole fleet")


def run(asked: argparse.Namespace) -> int:
    """Do what was asked; 2 when it is refused, with a sentence."""
    if asked.action == "serve":
        return _serve(asked)
    author = Author(f"operator:{getpass.getuser()}", datetime.now(UTC))
    try:
        said = list(
            aws_commands.run(asked, author.at)
            if getattr(asked, "on_aws", None)
            else _run_on_database(asked, author)
        )
    except REFUSALS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def _serve(asked: argparse.Namespace) -> int:
    try:
        return serve.serve(asked)
    except (EnrolmentServerError, OptionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _run_on_database(asked: argparse.Namespace, author: Author) -> Iterator[str]:
    url = settings.read(asked).database_url
    engine = open_existing(url)
    is_preview = not getattr(asked, "apply", True)
    opened = reading if is_preview or asked.action in READS else writing
    try:
        with opened(engine) as connection:
            yield from list(asked.act(connection, asked, author))
    finally:
        engine.dispose()


def list_devices(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Things, one line each."""
    estate = _load_sites(asked)
    found = devices.find_devices(connection, formatting.read_selector(asked))
    unlisted = 0
    for one in found:
        is_listed = sites_check.is_listed(estate, one.thing)
        unlisted += not is_listed
        yield _format_device(one, author.at) + ("" if is_listed else "  NOT IN THE SITES FILE")
    if unlisted:
        yield f"{unlisted} things are not in the sites file: their reports do not count"
    yield f"{len(found)} things"


def show_device(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One thing as JSON, with its shadow."""
    one = devices.get_device(connection, asked.thing)
    state = desired_config.read_config(connection, asked.thing)
    body = {**msgspec.to_builtins(one), "config": state}
    yield msgspec.json.format(msgspec.json.encode(body)).decode()


def register_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take in one camera, or every camera of the estate."""
    if asked.thing is None:
        refuse_options(
            asked,
            *("location", "attribute", "force"),
            because="they describe one camera: name it, or leave them out to register all",
        )
        yield f"{devices.register_sites(connection, _load_sites(asked), author)} new things"
        return
    if asked.location is None:
        raise RegistryError("--location is missing: where does the camera hang?")
    thing = Device(asked.thing, asked.location, attributes=formatting.parse_pairs(asked.attribute))
    if not asked.force:
        sites_check.require_locations(_load_sites(asked), [asked.location])
    devices.register_device(connection, thing, author)
    yield f"registered {asked.thing} at {asked.location}"
    yield from sites_check.list_warnings(_load_sites(asked), [(asked.thing, asked.location)])


def retire_device(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take a thing out."""
    retirement.retire(connection, asked.thing, author)
    yield f"retired {asked.thing}; its certificate still opens the broker until it is revoked:"
    yield f"  python -m provisioning ca revoke --dir AUTHORITY --name {asked.thing}"


def add_to_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Put things into a group."""
    for name in asked.thing:
        devices.get_device(connection, name)
    devices.add_to_group(connection, asked.group, asked.thing, author)
    yield f"{len(asked.thing)} in {asked.group}"


def remove_from_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take things out of a group."""
    devices.remove_from_group(connection, asked.group, asked.thing, author)
    yield f"{len(asked.thing)} out of {asked.group}"


def allow_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Write cameras onto the roster."""
    entries = list(allow_list.read_csv(asked.file))
    estate = _load_sites(asked)
    if not asked.force:
        sites_check.require_locations(estate, (entry.location for entry in entries))
    written = allow_list.allow(connection, entries, author, again=asked.again)
    yield f"{written} of {len(entries)} roster lines written"
    yield from sites_check.list_warnings(estate, ((one.device, one.location) for one in entries))


def _load_sites(asked: argparse.Namespace) -> Estate:
    return load(settings.read(asked).estate or SAMPLE)


def set_config(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Show what would change; with --apply, change it."""
    act = desired_config.set_desired if asked.apply else desired_config.preview_changes
    changes = act(
        connection, formatting.read_target(asked), formatting.read_settings(asked), author
    )
    yield from formatting.format_changes(changes, done=asked.apply)


def list_drift(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Who is not what they should be."""
    yield from formatting.format_drift(
        desired_config.find_drift(connection, formatting.read_selector(asked))
    )


def roll_out(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Bring a model to cameras."""
    plan = formatting.read_rollout(asked)
    if not asked.apply:
        yield formatting.format_rollout_preview(
            len(devices.find_names(connection, plan.whom)), plan.model
        )
        return
    job = rollout.roll_out_model(connection, plan, author, replaces=asked.replaces)
    yield f"{job.id}: {job.document['version']} for {len(job.targets)} things"


def create_job(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Have cameras do something once."""
    whom, document = formatting.read_target(asked), formatting.read_document(asked)
    if not asked.apply:
        yield formatting.format_job_preview(
            len(devices.find_names(connection, whom)), asked.operation
        )
        return
    spread = RolloutConfig(asked.per_minute, asked.minutes_each)
    job = rollout.create_job(connection, document, whom, spread, author)
    yield f"{job.id}: {asked.operation} for {len(job.targets)} things"


def roll_back(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Give the old model back."""
    yield from formatting.format_rollback(
        rollout.roll_back(connection, asked.job, author, to=asked.to)
    )


def list_jobs(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Jobs, one line each."""
    yield from map(_job_line, rollout.list_jobs(connection, last=asked.last))


def _job_line(one: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in one["things"].items())
    reason = f" ({one['reason']})" if one["reason"] else ""
    return f"{one['job']}  {one['status']}{reason}  {counts}, {one['waiting']} waiting"


def show_job(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One job, thing by thing, with what each said."""
    yield _job_line(rollout.get_job(connection, asked.job))
    status = ExecutionStatus(asked.status) if asked.status else None
    found = progress.read_progress(connection, asked.job, status=status, most=asked.last)
    yield from map(formatting.format_progress, found)


def show_history(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """What was done."""
    for line in history.read_history(connection, asked.thing, last=asked.last):
        about = " ".join(word for word in (line.thing, line.detail) if word)
        yield f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.who}  {line.event}  {about}"


def _format_certificate_left(left: timedelta) -> str:
    if left <= timedelta(0):
        return f", certificate ended {-left // timedelta(days=1)} days ago"
    return f", certificate ends in {left.days} days"


def _format_device(one: DeviceStatus, at: datetime) -> str:
    seen = f"seen {one.seen_at:%Y-%m-%d %H:%M}Z" if one.seen_at else "never seen"
    left = _format_certificate_left(one.certificate_ends_at - at) if one.certificate_ends_at else ""
    marks = " DRIFTS" if one.drifts else ""
    groups = f" [{' '.join(one.groups)}]" if one.groups else ""
    return (
        f"{one.thing.name}  {one.thing.location}  {one.presence or 'unknown'}, {seen}{left}"
        f"{groups}{marks}"
    )
