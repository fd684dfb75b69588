"""Reads selectors and settings from a command line, and formats results, here and for AWS."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cloud.fleet.jobs.execution import AbortCriteria, RolloutConfig
from cloud.fleet.jobs.progress import DeviceProgress
from cloud.fleet.jobs.rollout import ModelRollout, RollbackResult
from cloud.fleet.registry.devices import DeviceSelector, RegistryError
from cloud.fleet.shadows.desired_config import ConfigDrift, ConfigPreview


def read_selector(asked: argparse.Namespace) -> DeviceSelector:
    """The selector of the command line."""
    return DeviceSelector(asked.device, asked.location, asked.group, parse_pairs(asked.where))


def read_target(asked: argparse.Namespace) -> DeviceSelector:
    """The selector of a change; the whole fleet is selected by --all only.

    Raises:
        RegistryError: nothing is named, or --all and something else.
    """
    found = read_selector(asked)
    if asked.all and not found.is_everything:
        raise RegistryError("--all means the whole fleet: leave out the other selectors, or it")
    if found.is_everything and not asked.all:
        raise RegistryError(
            "no target: name it with --device, --group, --location or --where; "
            "--all means the whole fleet"
        )
    return found


def read_rollout(asked: argparse.Namespace) -> ModelRollout:
    """The model roll-out of the command line."""
    abort = AbortCriteria(asked.abort_after, asked.abort_percent)
    rollout = RolloutConfig(asked.per_minute, asked.minutes_each, abort)
    return ModelRollout(asked.model, read_target(asked), rollout, _read_package(asked.package))


def read_document(asked: argparse.Namespace) -> dict[str, Any]:
    """The job document of the command line."""
    return {"operation": asked.operation, **parse_pairs(asked.word)}


def _read_package(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path} cannot be read as a JSON object: {error}") from error


def read_settings(asked: argparse.Namespace) -> dict[str, Any]:
    """The desired settings; a value is JSON, or else plain text."""
    return {name: _parse_value(text) for name, text in parse_pairs(asked.setting).items()}


def parse_pairs(words: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE words as a mapping."""
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise RegistryError(f"{word[:60]!r}: write NAME=VALUE")
        found[name] = value
    return found


def format_changes(changes: Sequence[ConfigPreview], *, done: bool) -> Iterator[str]:
    """Changes or their preview, one line for each setting."""
    for one in changes:
        for name, (old, new) in one.changes.items():
            yield f"{one.device}  {name}: {_to_json(old)} → {_to_json(new)}"
    yield f"{len(changes)} devices {'changed' if done else 'would change; --apply does it'}"


def format_drift(found: Sequence[ConfigDrift]) -> Iterator[str]:
    """Devices whose reported config differs from the desired one."""
    for one in found:
        since = f"since {one.since:%Y-%m-%d %H:%M}Z"
        yield f"{one.device} at {one.location}  {_to_json(one.delta)}  {since}"
    yield f"{len(found)} devices drift"


def format_rollout_preview(count: int, model: str) -> str:
    """The preview of a roll-out."""
    return f"{count} devices would get {model}; --apply does it"


def format_job_preview(count: int, operation: str) -> str:
    """The preview of a job."""
    return f"{count} devices would {operation}; --apply does it"


def format_progress(one: DeviceProgress) -> str:
    """The progress of one device with a job, and why."""
    started = f", started {one.started_at:%Y-%m-%d %H:%M:%S}Z" if one.started_at else ""
    more = {name: value for name, value in one.details.items() if name != "reason"}
    details = "".join(f"  {name}={value}" for name, value in sorted(more.items()))
    reason = f"  {one.reason}" if one.reason else ""
    return (
        f"{one.device}  {one.status}  queued {one.queued_at:%Y-%m-%d %H:%M:%S}Z{started}, "
        f"updated {one.updated_at:%Y-%m-%d %H:%M:%S}Z{reason}{details}"
    )


def format_rollback(back: RollbackResult) -> Iterator[str]:
    """The result of a rollback."""
    if back.job is None:
        yield "no new job: no device had installed it"
    else:
        devices = len(back.job.targets)
        yield f"{back.job.id}: {back.job.document['version']} for {devices} devices"
    yield (
        f"{back.done} had installed it, {back.unfinished} had started and not finished, "
        f"{back.not_started} had not started, {back.failed} had failed and still run the old one"
    )


def _parse_value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
