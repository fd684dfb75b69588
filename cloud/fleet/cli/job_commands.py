"""The actions of `fleet` on jobs: roll-out, roll-back, and job create, show and list."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from cloud.fleet.cli import formatting
from cloud.fleet.cli.arguments import add_action, add_all_option, add_selectors
from cloud.fleet.history import Author
from cloud.fleet.jobs import progress, rollout
from cloud.fleet.jobs.execution import ExecutionStatus, RolloutConfig
from cloud.fleet.registry import devices
from wire.command_line import row_count


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions on jobs."""
    _add_roll_out(actions)
    back = add_action(
        actions, "roll-back", "stop a roll-out and restore the previous model", roll_back
    )
    back.add_argument("job", help="the rollout, as `fleet job list` shows")
    back.add_argument("--to", help="model to restore (default: the one that was replaced)")
    job_parser = actions.add_parser("job", help="create jobs and follow them")
    job_actions = job_parser.add_subparsers(dest="below", required=True)
    _add_job_create(job_actions)
    shows = add_action(
        job_actions, "job show", "print the status of a job on each device", show_job
    )
    shows.add_argument("job", help="as `fleet job list` shows")
    shows.add_argument("--status", choices=[str(one) for one in ExecutionStatus], help="only these")
    shows.add_argument(
        "--limit", type=row_count, default=1_000, help="maximum number of devices (%(default)s)"
    )
    jobs = add_action(job_actions, "job list", "list jobs, newest first", list_jobs)
    jobs.add_argument("--limit", type=row_count, default=20, help="how many (%(default)s)")


def _add_roll_out(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    out = add_action(actions, "roll-out", "roll out a model", roll_out)
    out.add_argument("model", help="name and version, as `fleet show` reports it")
    add_selectors(out)
    add_all_option(out)
    out.add_argument(
        "--per-minute",
        type=row_count,
        help="devices that begin each minute; all at once without it",
    )
    out.add_argument("--minutes-each", type=row_count, default=30,
                     help="time limit of one device (%(default)s)")  # fmt: skip
    out.add_argument("--abort-percent", type=float, default=20.0,
                     help="failed devices that end the rollout (%(default)s)")  # fmt: skip
    out.add_argument(
        "--abort-after",
        type=row_count,
        default=1,
        help="executions before failures can abort the roll-out (%(default)s)",
    )
    out.add_argument("--replaces", help="model to replace (default: the one most devices run)")
    out.add_argument("--package", type=Path, help="JSON file with `package` and `trial`")
    out.add_argument("--apply", action="store_true", help="make the change (without it: preview)")


def _add_job_create(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    create = add_action(
        actions,
        "job create",
        "create a job: renew, restart, diagnose, clip, update",
        create_job,
    )
    create.add_argument("operation", help="what the devices do")
    create.add_argument(
        "word", nargs="*", metavar="NAME=VALUE", help="a field of the job document, such as url=..."
    )
    add_selectors(create)
    add_all_option(create)
    create.add_argument(
        "--per-minute",
        type=row_count,
        help="devices that begin each minute; all at once without it",
    )
    create.add_argument("--minutes-each", type=row_count, default=30,
                     help="time limit of one device (%(default)s)")  # fmt: skip
    create.add_argument(
        "--apply", action="store_true", help="make the change (without it: preview)"
    )


def roll_out(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Roll out a model."""
    plan = formatting.read_rollout(asked)
    if not asked.apply:
        rollout.validate_availability(connection, plan)
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
    yield from map(_job_line, rollout.list_jobs(connection, last=asked.limit))


def _job_line(one: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in one["devices"].items())
    reason = f" ({one['reason']})" if one["reason"] else ""
    return f"{one['job']}  {one['status']}{reason}  {counts}, {one['waiting']} waiting"


def show_job(connection: Connection, asked: argparse.Namespace, author: Author) -> Iterator[str]:
    """Print a job and its status on each device."""
    yield _job_line(rollout.get_job(connection, asked.job))
    status = ExecutionStatus(asked.status) if asked.status else None
    found = progress.read_progress(connection, asked.job, status=status, most=asked.limit)
    yield from map(formatting.format_progress, found)
