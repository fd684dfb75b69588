"""`python -m cloud fleet ...`: the devices of the fleet, their configuration and their jobs.

`set`, `roll-out` and `job create` change nothing without `--apply`: they print a preview. A command
writes the messages to devices into the outbox; the fleet service publishes them.
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

READS: Final = frozenset({"list", "show", "drift", "audit", "job list", "job show"})

Action = Callable[[Connection, argparse.Namespace, Author], Iterator[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `fleet`."""
    actions = parser.add_subparsers(dest="action", required=True)
    serve.add_arguments(
        actions.add_parser("serve", help="run the fleet service: shadows, jobs and enrolment")
    )
    listing = _add_action(actions, "list", "list devices with their status", list_devices)
    _add_selectors(listing)
    settings.add_arguments(listing, "estate")
    _add_action(actions, "show", "print one device as JSON", show_device).add_argument("device")
    _add_change_actions(actions)
    _add_selectors(
        _add_action(
            actions,
            "drift",
            "list devices whose reported config differs from the desired one",
            list_drift,
        )
    )
    _add_job_actions(actions)
    audit = _add_action(
        actions, "audit", "print the history of the fleet, newest first", show_history
    )
    audit.add_argument("--device")
    audit.add_argument("--last", type=row_count, default=50)


def _add_change_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    register = _add_action(
        actions, "register", "register a camera, or all cameras of the sites file", register_cameras
    )
    register.add_argument("device", nargs="?")
    register.add_argument("--location")
    register.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE")
    _add_sites_options(register)
    _add_action(actions, "retire", "remove a device from the fleet", retire_device).add_argument(
        "device"
    )
    groups = actions.add_parser("group", help="change the members of device groups")
    members = groups.add_subparsers(dest="below", required=True)
    for name, purpose, run in (
        ("add", "add devices to a group", add_to_group),
        ("remove", "remove devices from a group", remove_from_group),
    ):
        membership = _add_action(members, f"group {name}", purpose, run)
        membership.add_argument("group")
        membership.add_argument("device", nargs="+")
    allows = _add_action(actions, "allow", "add cameras to the enrolment allow-list", allow_cameras)
    allows.add_argument("file", type=Path, help=f"CSV with columns {', '.join(allow_list.COLUMNS)}")
    allows.add_argument(
        "--again", action="store_true", help="let cameras that have enrolled before enrol again"
    )
    _add_sites_options(allows)
    sets = _add_action(actions, "set", "set the desired config of devices", set_config)
    sets.add_argument(
        "setting", nargs="+", metavar="SETTING=VALUE", help="VALUE is JSON or plain text"
    )
    _add_selectors(sets)
    _add_all_option(sets)
    sets.add_argument("--apply", action="store_true", help="make the change (without it: preview)")


def _add_job_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    out = _add_action(actions, "roll-out", "roll out a model", roll_out)
    out.add_argument("model")
    _add_selectors(out)
    _add_all_option(out)
    out.add_argument("--per-minute", type=row_count)
    out.add_argument("--minutes-each", type=row_count, default=30)
    out.add_argument("--abort-percent", type=float, default=20.0)
    out.add_argument(
        "--abort-after",
        type=row_count,
        default=1,
        help="executions before failures can abort the roll-out (%(default)s)",
    )
    out.add_argument("--replaces", help="model to replace (default: the one most devices run)")
    out.add_argument("--package", type=Path, help="JSON file with `package` and `trial`")
    out.add_argument("--apply", action="store_true", help="make the change (without it: preview)")
    job_parser = actions.add_parser("job", help="create jobs and follow them")
    job_actions = job_parser.add_subparsers(dest="below", required=True)
    other = _add_action(
        job_actions,
        "job create",
        "create a job: renew, restart, diagnose, clip, update",
        create_job,
    )
    other.add_argument("operation")
    other.add_argument(
        "word", nargs="*", metavar="NAME=VALUE", help="a field of the job document, such as url=..."
    )
    _add_selectors(other)
    _add_all_option(other)
    other.add_argument("--per-minute", type=row_count)
    other.add_argument("--minutes-each", type=row_count, default=30)
    other.add_argument("--apply", action="store_true", help="make the change (without it: preview)")
    back = _add_action(
        actions, "roll-back", "stop a roll-out and restore the previous model", roll_back
    )
    back.add_argument("job")
    back.add_argument("--to", help="model to restore (default: the one that was replaced)")
    shows = _add_action(
        job_actions, "job show", "print the status of a job on each device", show_job
    )
    shows.add_argument("job")
    shows.add_argument("--status", choices=[str(one) for one in ExecutionStatus], help="only these")
    shows.add_argument(
        "--last", type=row_count, default=1_000, help="maximum number of devices (%(default)s)"
    )
    jobs = _add_action(job_actions, "job list", "list jobs, newest first", list_jobs)
    jobs.add_argument("--last", type=row_count, default=20)


def _add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    purpose: str,
    run: Action,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name.split()[-1], help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    if name in aws_commands.ACTIONS:
        parser.add_argument("--on-aws", metavar="REGION", help="the fleet on AWS IoT Core")
    parser.set_defaults(act=run, name=name)
    return parser


def _add_selectors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", help="one device, by name")
    parser.add_argument("--group")
    parser.add_argument("--location")
    parser.add_argument("--where", action="append", default=[], metavar="NAME=VALUE")


def _add_sites_options(parser: argparse.ArgumentParser) -> None:
    settings.add_arguments(parser, "estate")
    parser.add_argument(
        "--force", action="store_true", help="accept a location that the sites file does not list"
    )


def _add_all_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="the whole fleet")


def run(asked: argparse.Namespace) -> int:
    """Run one action; 2 when it is refused, with a sentence on standard error."""
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
    opened = reading if is_preview or asked.name in READS else writing
    try:
        with opened(engine) as connection:
            yield from list(asked.act(connection, asked, author))
    finally:
        engine.dispose()


def list_devices(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Devices, one line each."""
    estate = _load_sites(asked)
    found = devices.find_devices(connection, formatting.read_selector(asked))
    unlisted = 0
    for one in found:
        is_listed = sites_check.is_listed(estate, one.device)
        unlisted += not is_listed
        yield _format_device(one, author.at) + ("" if is_listed else "  NOT IN THE SITES FILE")
    if unlisted:
        yield f"{unlisted} devices are not in the sites file: their reports do not count"
    yield f"{len(found)} devices"


def show_device(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One device as JSON, with its shadow."""
    one = devices.get_device(connection, asked.device)
    state = desired_config.read_config(connection, asked.device)
    body = {**msgspec.to_builtins(one), "config": state}
    yield msgspec.json.format(msgspec.json.encode(body)).decode()


def register_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take in one camera, or every camera of the estate."""
    if asked.device is None:
        refuse_options(
            asked,
            *("location", "attribute", "force"),
            because="they describe one camera: name it, or leave them out to register all",
        )
        yield f"{devices.register_sites(connection, _load_sites(asked), author)} new devices"
        return
    if asked.location is None:
        raise RegistryError("--location is missing: give the camera's location")
    device = Device(
        asked.device, asked.location, attributes=formatting.parse_pairs(asked.attribute)
    )
    if not asked.force:
        sites_check.require_locations(_load_sites(asked), [asked.location])
    devices.register_device(connection, device, author)
    yield f"registered {asked.device} at {asked.location}"
    yield from sites_check.list_warnings(_load_sites(asked), [(asked.device, asked.location)])


def retire_device(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take a device out."""
    retirement.retire(connection, asked.device, author)
    yield f"retired {asked.device}; its certificate still opens the broker until it is revoked:"
    yield f"  python -m provisioning ca revoke --dir AUTHORITY --name {asked.device}"


def add_to_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Put devices into a group."""
    for name in asked.device:
        devices.get_device(connection, name)
    devices.add_to_group(connection, asked.group, asked.device, author)
    yield f"{len(asked.device)} in {asked.group}"


def remove_from_group(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Take devices out of a group."""
    devices.remove_from_group(connection, asked.group, asked.device, author)
    yield f"{len(asked.device)} out of {asked.group}"


def allow_cameras(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Add cameras to the enrolment allow-list."""
    entries = list(allow_list.read_csv(asked.file))
    estate = _load_sites(asked)
    if not asked.force:
        sites_check.require_locations(estate, (entry.location for entry in entries))
    written = allow_list.allow(connection, entries, author, again=asked.again)
    yield f"{written} of {len(entries)} cameras written to the allow-list"
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
    """List devices whose reported config differs from the desired one."""
    yield from formatting.format_drift(
        desired_config.find_drift(connection, formatting.read_selector(asked))
    )


def roll_out(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Roll out a model."""
    plan = formatting.read_rollout(asked)
    if not asked.apply:
        yield formatting.format_rollout_preview(
            len(devices.find_names(connection, plan.target)), plan.model
        )
        return
    job = rollout.roll_out_model(connection, plan, author, replaces=asked.replaces)
    yield f"{job.id}: {job.document['version']} for {len(job.targets)} devices"


def create_job(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Create a job of any kind but a model roll-out."""
    target, document = formatting.read_target(asked), formatting.read_document(asked)
    if not asked.apply:
        yield formatting.format_job_preview(
            len(devices.find_names(connection, target)), asked.operation
        )
        return
    spread = RolloutConfig(asked.per_minute, asked.minutes_each)
    job = rollout.create_job(connection, document, target, spread, author)
    yield f"{job.id}: {asked.operation} for {len(job.targets)} devices"


def roll_back(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Stop a roll-out and restore the previous model."""
    yield from formatting.format_rollback(
        rollout.roll_back(connection, asked.job, author, to=asked.to)
    )


def list_jobs(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Jobs, one line each."""
    yield from map(_job_line, rollout.list_jobs(connection, last=asked.last))


def _job_line(one: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in one["devices"].items())
    reason = f" ({one['reason']})" if one["reason"] else ""
    return f"{one['job']}  {one['status']}{reason}  {counts}, {one['waiting']} waiting"


def show_job(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Print a job and its status on each device."""
    yield _job_line(rollout.get_job(connection, asked.job))
    status = ExecutionStatus(asked.status) if asked.status else None
    found = progress.read_progress(connection, asked.job, status=status, most=asked.last)
    yield from map(formatting.format_progress, found)


def show_history(
    connection: Connection, asked: argparse.Namespace, author: Author
) -> Iterator[str]:
    """Print the history of the fleet."""
    for line in history.read_history(connection, asked.device, last=asked.last):
        about = " ".join(word for word in (line.device, line.detail) if word)
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
        f"{one.device.name}  {one.device.location}  {one.presence or 'unknown'}, {seen}{left}"
        f"{groups}{marks}"
    )
