"""What commands understand and show alike, on a fleet of our own and on AWS."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cloud.fleet.desire import Drift, Preview
from cloud.fleet.jobs import Abort, Rollout
from cloud.fleet.progress import Progress
from cloud.fleet.registry import RegistryError, Search
from cloud.fleet.rollout import Plan, RollBack


def search(asked: argparse.Namespace) -> Search:
    """Which things the command line means."""
    return Search(asked.device, asked.location, asked.group, pairs(asked.where))


def whom(asked: argparse.Namespace) -> Search:
    """Which things are to be changed; the whole fleet is never meant by saying nothing.

    Raises:
        RegistryError: nothing is named, or --all and something else.
    """
    found = search(asked)
    if asked.all and not found.is_everything:
        raise RegistryError("--all means the whole fleet: leave out the other selectors, or it")
    if found.is_everything and not asked.all:
        raise RegistryError(
            "no target: name it with --device, --group, --location or --where; "
            "--all means the whole fleet"
        )
    return found


def plan(asked: argparse.Namespace) -> Plan:
    """Which model goes to whom, and how, as the command line says."""
    abort = Abort(asked.abort_after, asked.abort_percent)
    rollout = Rollout(asked.per_minute, asked.minutes_each, abort)
    return Plan(asked.model, whom(asked), rollout, _joined(asked.package))


def document(asked: argparse.Namespace) -> dict[str, Any]:
    """A job's document, as the command line says."""
    return {"operation": asked.operation, **pairs(asked.word)}


def _joined(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path} cannot be read as a JSON object: {error}") from error


def wish(asked: argparse.Namespace) -> dict[str, Any]:
    """The settings that are wished for; a value is JSON, or else a word."""
    return {name: _value(text) for name, text in pairs(asked.wish).items()}


def pairs(words: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE words as a mapping."""
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise RegistryError(f"{word[:60]!r}: write NAME=VALUE")
        found[name] = value
    return found


def of_changes(changes: Sequence[Preview], *, done: bool) -> Iterator[str]:
    """What changes or would, one line a setting."""
    for one in changes:
        for name, (old, new) in one.changes.items():
            yield f"{one.thing}  {name}: {_json(old)} → {_json(new)}"
    yield f"{len(changes)} things {'changed' if done else 'would change; --apply does it'}"


def of_drift(found: Sequence[Drift]) -> Iterator[str]:
    """Who is not what they should be."""
    for one in found:
        since = f"since {one.since:%Y-%m-%d %H:%M}Z"
        yield f"{one.thing} at {one.location}  {_json(one.delta)}  {since}"
    yield f"{len(found)} things drift"


def of_intent(count: int, model: str) -> str:
    """What a roll-out would do."""
    return f"{count} things would get {model}; --apply does it"


def of_order(count: int, operation: str) -> str:
    """What an order would do."""
    return f"{count} things would {operation}; --apply does it"


def of_progress(one: Progress) -> str:
    """Where one thing stands with a job, and why."""
    started = f", began {one.started_at:%Y-%m-%d %H:%M:%S}Z" if one.started_at else ""
    more = {name: value for name, value in one.details.items() if name != "reason"}
    said = "".join(f"  {name}={value}" for name, value in sorted(more.items()))
    reason = f"  {one.reason}" if one.reason else ""
    return (
        f"{one.thing}  {one.status}  queued {one.queued_at:%Y-%m-%d %H:%M:%S}Z{started}, "
        f"last word {one.updated_at:%Y-%m-%d %H:%M:%S}Z{reason}{said}"
    )


def of_roll_back(back: RollBack) -> Iterator[str]:
    """What rolling back does."""
    if back.job is None:
        yield "no new job: nobody had taken it"
    else:
        things = len(back.job.targets)
        yield f"{back.job.id}: {back.job.document['version']} for {things} things"
    yield (
        f"{back.done} had taken it, {back.unfinished} were at work or did not finish, "
        f"{back.let_off} had not begun, {back.failed} had failed and kept the old one"
    )


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
