"""`python -m cloud fleet ... --on-aws REGION`: the same actions on AWS IoT Core."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from cloud import settings
from cloud.fleet.aws.fleet import AwsFleet
from cloud.fleet.cli import formatting
from cloud.fleet.jobs.execution import RolloutConfig
from wire.aws import explain_aws_errors
from wire.command_line import refuse_options

Action = Callable[[AwsFleet, argparse.Namespace, datetime], Iterator[str]]


def run(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Run the action on AWS."""
    refuse_options(
        asked, *settings.OFFERS, because="with --on-aws the fleet is AWS's registry, not a database"
    )
    fleet = AwsFleet(asked.on_aws)
    with explain_aws_errors():
        yield from ACTIONS[asked.name](fleet, asked, at)


def _list_devices(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    names = fleet.find_names(formatting.read_selector(asked))
    yield from names
    yield f"{len(names)} things"


def _set_config(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    act = fleet.set_desired if asked.apply else fleet.preview_changes
    yield from formatting.format_changes(
        act(formatting.read_target(asked), formatting.read_settings(asked)), done=asked.apply
    )


def _list_drift(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield from formatting.format_drift(fleet.find_drift(formatting.read_selector(asked)))


def _roll_out(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    plan = formatting.read_rollout(asked)
    if asked.apply:
        yield fleet.roll_out(plan, at, replaces=asked.replaces)
    else:
        yield formatting.format_rollout_preview(len(fleet.find_names(plan.target)), plan.model)


def _show_device(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield json.dumps(fleet.read_device(asked.device), indent=2)


def _create_job(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    target, document = formatting.read_target(asked), formatting.read_document(asked)
    if not asked.apply:
        yield formatting.format_job_preview(len(fleet.find_names(target)), asked.operation)
        return
    yield fleet.create_job(
        document, target, RolloutConfig(asked.per_minute, asked.minutes_each), at
    )


def _list_jobs(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    for job in fleet.list_jobs(asked.limit):
        yield f"{job['jobId']}  {job['status']}  {_format_counts(job.get('jobProcessDetails', {}))}"


def _show_job(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    found = (one for one in fleet.read_progress(asked.job) if asked.status in (None, one["status"]))
    for one in islice(found, asked.limit):
        details = "".join(f"  {name}={value}" for name, value in sorted(one["details"].items()))
        updated = one.get("lastUpdatedAt", "-")
        yield f"{one['thing']}  {one['status']}  updated {updated}{details}"


def _format_counts(details: Mapping[str, Any]) -> str:
    """The counters `numberOf...Things` of AWS that are not zero."""
    counts = {
        name.removeprefix("numberOf").removesuffix("Things").lower(): count
        for name, count in details.items()
        if name.startswith("numberOf") and count
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "no device yet"


def _roll_back(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield fleet.roll_back(asked.job, at, to=asked.to)


def _retire_device(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    for one in fleet.revoke_certificates(asked.device):
        yield f"revoked {one}"


ACTIONS: Final[dict[str, Action]] = {
    "list": _list_devices,
    "show": _show_device,
    "set": _set_config,
    "drift": _list_drift,
    "roll-out": _roll_out,
    "job create": _create_job,
    "roll-back": _roll_back,
    "job show": _show_job,
    "job list": _list_jobs,
    "retire": _retire_device,
}
