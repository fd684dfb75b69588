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
from cloud.fleet import (
    changes,
    desire,
    lines,
    on_aws_command,
    progress,
    registry,
    retirement,
    rollout,
    roster,
    serve,
    sites,
)
from cloud.fleet.changes import Author
from cloud.fleet.desire import DesireError
from cloud.fleet.desk import DeskError
from cloud.fleet.job_book import JobExists
from cloud.fleet.jobs import Rollout, Status
from cloud.fleet.registry import RegistryError, Standing, Thing
from cloud.fleet.shadow import ShadowError
from wire.command_line import OptionError, refuse_options, row_count
from wire.topics import TopicError

REFUSALS: Final = (DesireError, JobExists, OptionError, RegistryError, ShadowError, TopicError)

READS: Final = frozenset({"list", "show", "drift", "audit", "jobs", "job"})

Action = Callable[[Connection, argparse.Namespace, Author], Iterator[str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of `fleet`."""
    actions = parser.add_subparsers(dest="action", required=True)
    serve.add_arguments(actions.add_parser("serve", help="answer cameras, enrol new ones"))
    listing = _action(actions, "list", "things and how they are", listed)
    _choice(listing)
    settings.add_arguments(listing, "estate")
    _action(actions, "show", "one thing, wholly", shown).add_argument("thing")
    _changes(actions)
    _choice(_action(actions, "drift", "who is not what they should be", drifting))
    _jobs(actions)
    audit = _action(actions, "audit", "what was done, newest first", audited)
    audit.add_argument("--thing")
    audit.add_argument("--last", type=row_count, default=50)


def _changes(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    register = _action(actions, "register", "take in a camera, or all of the estate", registered)
    register.add_argument("thing", nargs="?")
    register.add_argument("--location")
    register.add_argument("--attribute", action="append", default=[], metavar="NAME=VALUE")
    _sites(register)
    _action(actions, "retire", "take a thing out of the fleet", retired).add_argument("thing")
    for name, run in (("join", joined), ("leave", left)):
        membership = _action(actions, name, f"{name} a group", run)
        membership.add_argument("group")
        membership.add_argument("thing", nargs="+")
    expects = _action(actions, "expect", "write cameras onto the roster", expected)
    expects.add_argument("file", type=Path, help=f"CSV with columns {', '.join(roster.COLUMNS)}")
    expects.add_argument("--again", action="store_true", help="let them enrol once more")
    _sites(expects)
    sets = _action(actions, "set", "what cameras should be", wished)
    sets.add_argument("wish", nargs="+", metavar="SETTING=VALUE", help="VALUE is JSON, or a word")
    _choice(sets)
    _all(sets)
    sets.add_argument("--apply", action="store_true", help="do it; without, only show")


def _jobs(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    out = _action(actions, "roll-out", "bring a model to cameras", rolled_out)
    out.add_argument("model")
    _choice(out)
    _all(out)
    out.add_argument("--per-minute", type=row_count)
    out.add_argument("--minutes-each", type=row_count, default=30)
    out.add_argument("--abort-percent", type=float, default=20.0)
    out.add_argument(
        "--abort-after", type=row_count, default=1, help="failures count from so many on"
    )
    out.add_argument("--replaces", help="the model that goes (without: what most of them run)")
    out.add_argument("--package", type=Path, help="JSON that joins the job: package, trial")
    out.add_argument("--apply", action="store_true", help="do it; without, only show")
    other = _action(actions, "order", "another job: renew, restart, diagnose, clip", ordered)
    other.add_argument("operation")
    other.add_argument("word", nargs="*", metavar="NAME=VALUE", help="what the job needs: url=...")
    _choice(other)
    _all(other)
    other.add_argument("--per-minute", type=row_count)
    other.add_argument("--minutes-each", type=row_count, default=30)
    other.add_argument("--apply", action="store_true", help="do it; without, only show")
    back = _action(actions, "roll-back", "give the old model back", rolled_back)
    back.add_argument("job")
    back.add_argument("--to", help="which model (without: the one that was replaced)")
    shows = _action(actions, "job", "one job: where each thing stands with it, and why", job_shown)
    shows.add_argument("job")
    shows.add_argument("--status", choices=[str(one) for one in Status], help="only these")
    shows.add_argument("--last", type=row_count, default=1_000, help="things at most (%(default)s)")
    jobs = _action(actions, "jobs", "what was rolled out, newest first", jobs_listed)
    jobs.add_argument("--last", type=row_count, default=20)


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    purpose: str,
    run: Action,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=purpose, description=purpose)
    settings.add_arguments(parser, "database")
    if name in on_aws_command.ACTIONS:
        parser.add_argument("--on-aws", metavar="REGION", help="the fleet on AWS IoT Core")
    parser.set_defaults(act=run)
    return parser


def _choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", help="one thing")
    parser.add_argument("--group")
    parser.add_argument("--location")
    parser.add_argument("--where", action="append", default=[], metavar="NAME=VALUE")


def _sites(parser: argparse.ArgumentParser) -> None:
    settings.add_arguments(parser, "estate")
    parser.add_argument(
        "--force", action="store_true", help="take a location that the sites file does not list"
    )


def _all(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="the whole fleet")


def run(asked: argparse.Namespace) -> int:
    """Do what was asked; 2 when it is refused, with a sentence."""
    if asked.action == "serve":
        return _served(asked)
    author = Author(f"operator:{getpass.getuser()}", datetime.now(UTC))
    try:
        said = list(
            on_aws_command.run(asked, author.at)
            if getattr(asked, "on_aws", None)
            else _at_home(asked, author)
        )
    except REFUSALS as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def _served(asked: argparse.Namespace) -> int:
    try:
        return serve.serve(asked)
    except (DeskError, OptionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _at_home(asked: argparse.Namespace, author: Author) -> Iterator[str]:
    url = settings.read(asked).database_url
    engine = open_existing(url)
    is_preview = not getattr(asked, "apply", True)
    opened = reading if is_preview or asked.action in READS else writing
    try:
        with opened(engine) as connection:
            yield from list(asked.act(connection, asked, author))
    finally:
        engine.dispose()


def listed(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Things, one line each."""
    estate = _estate(asked)
    found = registry.find(connection, lines.search(asked))
    unlisted = 0
    for one in found:
        is_listed = sites.is_listed(estate, one.thing)
        unlisted += not is_listed
        yield _line(one, author.at) + ("" if is_listed else "  NOT IN THE SITES FILE")
    if unlisted:
        yield f"{unlisted} things are not in the sites file: their reports do not count"
    yield f"{len(found)} things"


def shown(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One thing as JSON, with its shadow."""
    one = registry.one(connection, asked.thing)
    state = desire.config_of(connection, asked.thing)
    body = {**msgspec.to_builtins(one), "config": state}
    yield msgspec.json.format(msgspec.json.encode(body)).decode()


def registered(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Take in one camera, or every camera of the estate."""
    if asked.thing is None:
        refuse_options(
            asked,
            *("location", "attribute", "force"),
            because="they describe one camera: name it, or leave them out to register all",
        )
        yield f"{registry.register_estate(connection, _estate(asked), author)} new things"
        return
    if asked.location is None:
        raise RegistryError("--location is missing: where does the camera hang?")
    thing = Thing(asked.thing, asked.location, attributes=lines.pairs(asked.attribute))
    if not asked.force:
        sites.require_locations(_estate(asked), [asked.location])
    registry.register(connection, thing, author)
    yield f"registered {asked.thing} at {asked.location}"
    yield from sites.warnings(_estate(asked), [(asked.thing, asked.location)])


def retired(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Take a thing out."""
    retirement.retire(connection, asked.thing, author)
    yield f"retired {asked.thing}; its certificate still opens the broker until it is revoked:"
    yield f"  python -m provisioning ca revoke --dir AUTHORITY --name {asked.thing}"


def joined(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Put things into a group."""
    for name in asked.thing:
        registry.one(connection, name)
    registry.group(connection, asked.group, asked.thing, author)
    yield f"{len(asked.thing)} in {asked.group}"


def left(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Take things out of a group."""
    registry.ungroup(connection, asked.group, asked.thing, author)
    yield f"{len(asked.thing)} out of {asked.group}"


def expected(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Write cameras onto the roster."""
    entries = list(roster.read(asked.file))
    estate = _estate(asked)
    if not asked.force:
        sites.require_locations(estate, (entry.location for entry in entries))
    written = roster.expect(connection, entries, author, again=asked.again)
    yield f"{written} of {len(entries)} roster lines written"
    yield from sites.warnings(estate, ((one.device, one.location) for one in entries))


def _estate(asked: argparse.Namespace) -> Estate:
    return load(settings.read(asked).estate or SAMPLE)


def wished(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Show what would change; with --apply, change it."""
    act = desire.desire if asked.apply else desire.preview
    changes = act(connection, lines.whom(asked), lines.wish(asked), author)
    yield from lines.of_changes(changes, done=asked.apply)


def drifting(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Who is not what they should be."""
    yield from lines.of_drift(desire.drifting(connection, lines.search(asked)))


def rolled_out(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Bring a model to cameras."""
    plan = lines.plan(asked)
    if not asked.apply:
        yield lines.of_intent(len(registry.names(connection, plan.whom)), plan.model)
        return
    job = rollout.roll_out(connection, plan, author, replaces=asked.replaces)
    yield f"{job.id}: {job.document['version']} for {len(job.targets)} things"


def ordered(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Have cameras do something once."""
    whom, document = lines.whom(asked), lines.document(asked)
    if not asked.apply:
        yield lines.of_order(len(registry.names(connection, whom)), asked.operation)
        return
    spread = Rollout(asked.per_minute, asked.minutes_each)
    job = rollout.order(connection, document, whom, spread, author)
    yield f"{job.id}: {asked.operation} for {len(job.targets)} things"


def rolled_back(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Give the old model back."""
    yield from lines.of_roll_back(rollout.roll_back(connection, asked.job, author, to=asked.to))


def jobs_listed(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Jobs, one line each."""
    yield from map(_job_line, rollout.listed(connection, last=asked.last))


def _job_line(one: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in one["things"].items())
    reason = f" ({one['reason']})" if one["reason"] else ""
    return f"{one['job']}  {one['status']}{reason}  {counts}, {one['waiting']} waiting"


def job_shown(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """One job, thing by thing, with what each said."""
    yield _job_line(rollout.one(connection, asked.job))
    status = Status(asked.status) if asked.status else None
    found = progress.of_job(connection, asked.job, status=status, most=asked.last)
    yield from map(lines.of_progress, found)


def audited(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """What was done."""
    for line in changes.history(connection, asked.thing, last=asked.last):
        about = " ".join(word for word in (line.thing, line.detail) if word)
        yield f"{line.at:%Y-%m-%d %H:%M:%S}Z  {line.who}  {line.event}  {about}"


def _certificate_left(left: timedelta) -> str:
    if left <= timedelta(0):
        return f", certificate ended {-left // timedelta(days=1)} days ago"
    return f", certificate ends in {left.days} days"


def _line(one: Standing, at: datetime) -> str:
    seen = f"seen {one.seen_at:%Y-%m-%d %H:%M}Z" if one.seen_at else "never seen"
    left = _certificate_left(one.certificate_ends_at - at) if one.certificate_ends_at else ""
    marks = " DRIFTS" if one.drifts else ""
    groups = f" [{' '.join(one.groups)}]" if one.groups else ""
    return (
        f"{one.thing.name}  {one.thing.location}  {one.presence or 'unknown'}, {seen}{left}"
        f"{groups}{marks}"
    )
