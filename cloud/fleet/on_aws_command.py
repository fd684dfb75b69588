"""`python -m cloud fleet ... --on-aws REGION`: the same words, on AWS IoT Core."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from cloud import settings
from cloud.fleet import lines
from cloud.fleet.jobs import Rollout
from cloud.fleet.on_aws import AwsFleet
from wire.command_line import refuse_options

Action = Callable[[AwsFleet, argparse.Namespace, datetime], Iterator[str]]


def run(asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    """Do what was asked, on AWS."""
    refuse_options(
        asked, *settings.OFFERS, because="with --on-aws the fleet is AWS's registry, not a database"
    )
    yield from ACTIONS[asked.action](AwsFleet(asked.on_aws), asked, at)


def _listed(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    names = fleet.names(lines.search(asked))
    yield from names
    yield f"{len(names)} things"


def _wished(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    act = fleet.desire if asked.apply else fleet.preview
    yield from lines.of_changes(act(lines.whom(asked), lines.wish(asked)), done=asked.apply)


def _drifting(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield from lines.of_drift(fleet.drifting(lines.search(asked)))


def _rolled_out(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    plan = lines.plan(asked)
    if asked.apply:
        yield fleet.roll_out(plan, at, replaces=asked.replaces)
    else:
        yield lines.of_intent(len(fleet.names(plan.whom)), plan.model)


def _shown(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield json.dumps(fleet.one(asked.thing), indent=2)


def _ordered(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    whom, document = lines.whom(asked), lines.document(asked)
    if not asked.apply:
        yield lines.of_order(len(fleet.names(whom)), asked.operation)
        return
    yield fleet.order(document, whom, Rollout(asked.per_minute, asked.minutes_each), at)


def _jobs(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    for job in fleet.jobs(asked.last):
        yield f"{job['jobId']}  {job['status']}  {_tally(job.get('jobProcessDetails', {}))}"


def _job(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    found = (one for one in fleet.progress(asked.job) if asked.status in (None, one["status"]))
    for one in islice(found, asked.last):
        said = "".join(f"  {name}={value}" for name, value in sorted(one["details"].items()))
        updated = one.get("lastUpdatedAt", "-")
        yield f"{one['thing']}  {one['status']}  last word {updated}{said}"


def _tally(details: Mapping[str, Any]) -> str:
    """AWS's numberOfSucceededThings and its like, those that are not nought."""
    counts = {
        name.removeprefix("numberOf").removesuffix("Things").lower(): count
        for name, count in details.items()
        if name.startswith("numberOf") and count
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nobody yet"


def _rolled_back(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    yield fleet.roll_back(asked.job, at, to=asked.to)


def _retired(fleet: AwsFleet, asked: argparse.Namespace, at: datetime) -> Iterator[str]:
    for one in fleet.revoke(asked.thing):
        yield f"revoked {one}"


ACTIONS: Final[dict[str, Action]] = {
    "list": _listed,
    "show": _shown,
    "set": _wished,
    "drift": _drifting,
    "roll-out": _rolled_out,
    "order": _ordered,
    "roll-back": _rolled_back,
    "job": _job,
    "jobs": _jobs,
    "retire": _retired,
}
