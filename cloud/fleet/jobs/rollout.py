"""Rolling out a model to devices: gradually, aborted on failures, with rollback.

A camera loads the new model, checks its own health with it and reports SUCCEEDED, or restores the
old model and reports FAILED. Too many failures cancel the job before it reaches the other cameras.
A rollback is a job too: it installs the previous model on devices that have the new one.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select

from cloud.fleet.history import Author
from cloud.fleet.jobs import job_store
from cloud.fleet.jobs.execution import Execution, ExecutionStatus, RolloutConfig
from cloud.fleet.jobs.job_store import Job
from cloud.fleet.outbox import OutgoingMessage, enqueue
from cloud.fleet.registry import devices
from cloud.fleet.registry.devices import DeviceSelector, DeviceStatus, RegistryError
from cloud.fleet.shadows.known_models import known_detectors
from cloud.fleet.tables import executions, jobs
from wire.fleet.jobs import Job as OneOfAll
from wire.fleet.jobs import ModelJob
from wire.model_card import ModelCard

OPERATION: Final = "model"
EVERY_DEVICE: Final = 100.0
"""Percent of the selected devices."""
UNFINISHED: Final = (
    ExecutionStatus.IN_PROGRESS,
    ExecutionStatus.TIMED_OUT,
    ExecutionStatus.CANCELED,
)


class UnknownJob(RegistryError):  # noqa: N818 - reads as what happened
    """A job that does not exist."""

    def __init__(self, job: str) -> None:
        super().__init__(f"no job {job[:64]!r}: see `fleet job list`")


@dataclass(frozen=True, slots=True)
class ModelRollout:
    """A model, its target and its rollout rate. `more` is added to the job document: the signed
    package of the model and the terms of its trial. `share_percent` limits the job to a sample of
    the selected devices, the canaries.
    """

    model: str
    target: DeviceSelector
    rollout: RolloutConfig
    more: Mapping[str, Any] = field(default_factory=dict)
    share_percent: float = EVERY_DEVICE


def choose_canaries(names: Sequence[str], share_percent: float, seed: str) -> tuple[str, ...]:
    """A share of the devices, at least one, in the order of the names.

    The same devices are chosen for the same seed, such as a model, and others for another one, so
    that a preview shows what the job does and not always the same cameras take the risk.
    """
    count = math.ceil(len(names) * share_percent / 100)
    by_digest = sorted(names, key=lambda name: hashlib.sha256(f"{seed}\0{name}".encode()).digest())
    return tuple(sorted(by_digest[:count]))


def roll_out_model(
    connection: Connection, plan: ModelRollout, author: Author, *, replaces: str | None = None
) -> Job:
    """Create the job; its id is the model's name and a number."""
    selected = devices.find_devices(connection, plan.target)
    if not selected:
        raise RegistryError("no device matches the selector: see `fleet list`")
    document = {
        "operation": OPERATION,
        "version": plan.model,
        "replaces": replaces or _most_common_model(selected),
        **plan.more,
    }
    validate_document(document)
    validate_availability(connection, plan)
    names = [one.device.name for one in selected]
    targets = choose_canaries(names, plan.share_percent, plan.model)
    job = Job(_next_free_id(connection, plan.model), document, targets, plan.rollout)
    _create(connection, job, author)
    return job


def create_job(
    connection: Connection,
    document: Mapping[str, Any],
    target: DeviceSelector,
    rollout: RolloutConfig,
    author: Author,
    *,
    share_percent: float = EVERY_DEVICE,
) -> Job:
    """Create a job of any other kind: `renew`, `restart`, `diagnose`."""
    selected = devices.find_names(connection, target)
    if not selected:
        raise RegistryError("no device matches the selector: see `fleet list`")
    validate_document(document)
    operation = document["operation"]
    targets = choose_canaries(selected, share_percent, operation)
    job = Job(_next_free_id(connection, operation), dict(document), targets, rollout)
    _create(connection, job, author)
    return job


def validate_document(document: Mapping[str, Any]) -> None:
    """Refuse a job document that does not match the wire schema."""
    try:
        job = msgspec.convert(document, OneOfAll)
    except msgspec.ValidationError as error:
        raise RegistryError(f"no camera would understand this job: {error}") from error
    if isinstance(job, ModelJob) and job.package is not None:
        _validate_card(job.package.card, job.version)


def _validate_card(text: str, model: str) -> None:
    """Refuse a package whose card is no model card, or is the card of another model."""
    try:
        card = msgspec.json.decode(text, type=ModelCard)
    except msgspec.MsgspecError as error:
        raise RegistryError(f"the package's card is not a model card: {error}") from error
    if model not in (card.name, f"{card.name}:{card.version}"):
        raise RegistryError(
            f"the package's card describes {card.name}:{card.version}, expected {model}: name "
            "that model, or build the package with the other card"
        )


def validate_availability(connection: Connection, plan: ModelRollout) -> None:
    """Refuse a model without a package that no device runs and no earlier job sent."""
    known = known_detectors(connection)
    if plan.more.get("package") is None and plan.model not in known:
        raise RegistryError(
            f"{plan.model} has no package and no device runs it: add --package FILE, or name one "
            f"of {', '.join(sorted(known))}"
        )


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """Result of a rollback. `job` restores the old model; None when no device needs it.

    `done` and `unfinished` count devices that get the old model; `not_started` and `failed` count
    devices that have it.
    """

    job: Job | None
    done: int
    unfinished: int
    not_started: int
    failed: int


def roll_back(
    connection: Connection, job: str, author: Author, *, to: str | None = None
) -> RollbackResult:
    """Cancel a job and install its old model on every device that has the new one, or may have it.

    A device that had started when the job was cancelled or timed out may have either.
    """
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
    if row is None:
        raise UnknownJob(job)
    document = msgspec.json.decode(row.document)
    old = to or document.get("replaces")
    if not old:
        raise RegistryError(f"what {job} replaced is not known: name it with --to VERSION")
    known = _read_executions(connection, job)
    waiting = len(msgspec.json.decode(row.targets))
    done = [one.device for one in known if one.status is ExecutionStatus.SUCCEEDED]
    unfinished = [one.device for one in known if one.status in UNFINISHED and one.started_at]
    failed = sum(one.status in (ExecutionStatus.FAILED, ExecutionStatus.REJECTED) for one in known)
    not_started = len(known) + waiting - len(done) - len(unfinished) - failed
    if row.status == ExecutionStatus.IN_PROGRESS:
        enqueue(
            connection, job_store.cancel_job(connection, job, reason="rolled back", at=author.at)
        )
    devices.record_event(connection, author, "job.rolled_back", None, job)
    back = None
    if taken := tuple(sorted((*done, *unfinished))):
        model = {"operation": OPERATION, "version": old, "replaces": document["version"]}
        back = Job(_next_free_id(connection, f"{job}-back"[:56]), model, taken)
        _create(connection, back, author)
    return RollbackResult(back, len(done), len(unfinished), not_started, failed)


def list_jobs(connection: Connection, *, last: int) -> list[dict[str, Any]]:
    """The newest jobs, with the number of devices by status."""
    rows = connection.execute(select(jobs).order_by(jobs.c.created_at.desc()).limit(last)).all()
    return [_describe(connection, row) for row in rows]


def get_job(connection: Connection, job: str) -> dict[str, Any]:
    """One job, with the number of devices by status; UnknownJob when there is none."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
    if row is None:
        raise UnknownJob(job)
    return _describe(connection, row)


def _describe(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    return {
        "job": row.id,
        "status": row.status,
        "reason": row.reason,
        "document": msgspec.json.decode(row.document),
        "rollout": msgspec.json.decode(row.rollout),
        "created_at": row.created_at,
        "ended_at": row.ended_at,
        "waiting": len(msgspec.json.decode(row.targets)),
        "devices": job_store.count_by_status(connection, row.id),
    }


def _create(connection: Connection, job: Job, author: Author) -> None:
    messages: list[OutgoingMessage] = job_store.create_job(connection, job, at=author.at)
    enqueue(connection, messages)
    what = job.document.get("version") or job.document["operation"]
    detail = f"{job.id}: {what} for {len(job.targets)} devices"
    devices.record_event(connection, author, "job.opened", None, detail)


def _most_common_model(selected: Sequence[DeviceStatus]) -> str | None:
    """The model that most of the devices report."""
    versions = Counter(
        one.heartbeat["versions"]["detector"] for one in selected if one.heartbeat is not None
    )
    return versions.most_common(1)[0][0] if versions else None


def job_id_stem(stem: str) -> str:
    """A job's id made of a model's name: letters, digits, - and _ only."""
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in stem)[:56]


def _next_free_id(connection: Connection, stem: str) -> str:
    plain = job_id_stem(stem)
    taken = set(connection.execute(select(jobs.c.id)).scalars())
    number = 1
    while f"{plain}-{number}" in taken:
        number += 1
    return f"{plain}-{number}"


def _read_executions(connection: Connection, job: str) -> list[Execution]:
    rows = connection.execute(select(executions.c.body).where(executions.c.job == job))
    return [msgspec.json.decode(body, type=Execution) for body in rows.scalars()]
