"""The camera's jobs, one after the other, in the words of AWS IoT Jobs.

What is being done stands on the disk before it begins, and how it ended before it is told: after
a restart the work is gone on with, or taken back, and an outcome that nobody has heard of is told
again. A document that cannot be obeyed is rejected with its reason; nothing else happens.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically
from edge_agent.management.clip_job import ClipJobRunner
from edge_agent.management.job_runner import JobContext, JobRunner, fail, reject
from edge_agent.management.model_job import ModelJobRunner
from edge_agent.management.mqtt_rpc import ACCEPTED, RpcLink, RpcRequest
from edge_agent.management.simple_jobs import (
    DiagnoseJobRunner,
    RenewJobRunner,
    RestartJobRunner,
    certificate_serial,
)
from edge_agent.management.update_job import UpdateJobRunner
from edge_agent.perception.model_errors import ModelError
from wire.device_config import jobs_topic
from wire.jobs import ClipJob, DiagnoseJob, Job, JobResult, ModelJob, RenewJob, UpdateJob
from wire.scalars import WireMessage

log = logging.getLogger(__name__)

MAX_DOCUMENT_BYTES: Final = 32 * 1024  # AWS's limit
VERSION_MISMATCH: Final = "VersionMismatch"
MAX_JOB_ID_LENGTH: Final = 64
MAX_STARTS: Final = 3


class JobState(WireMessage, frozen=True, kw_only=True):
    """The job at hand. `since` is what was so before it: a serial number, a boot.
    `begun` counts the processes that have begun it.
    """

    job: str
    number: int
    version: int
    document: dict[str, Any]
    since: str = ""
    starts: int = 1
    watching: bool = False
    outcome: JobResult | None = None


class JobProcessor:
    """One camera's jobs. `pump` is called often; `hear` for each message."""

    def __init__(self, means: JobContext, line: RpcLink, path: Path) -> None:
        self._means = means
        self._line = line
        self._path = path
        self._inquiry = RpcRequest(line)
        self._session = 0
        self._entry = _read(path)
        self._work: JobRunner | None = None
        if self._entry is not None and self._entry.outcome is None:
            self._work = self._taken_up(self._entry)
            unknown = reject("this version of the program does not know the job")
            outcome = None if self._work else unknown
            begun = self._entry.starts + 1
            self._keep(msgspec.structs.replace(self._entry, starts=begun, outcome=outcome))

    def pump(self, now_s: float) -> None:
        """Ask at every new connection, do what is at hand, tell how it ended."""
        if self._line.connected and self._line.sessions != self._session:
            self._session = self._line.sessions
            self._ask(now_s)
        if self._work is not None and self._entry is not None:
            self._go_on(self._entry, self._work, now_s)
        self._inquiry.pump(now_s)

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Take a message from one of the jobs' topics."""
        if self._inquiry.accept_answer(topic, body):
            self._take_answer(topic, body, now_s)
        elif topic == self._topic("notify-next"):
            execution = _object(body.get("execution"))
            if self._entry is None:
                if execution:
                    self._ask(now_s)
            elif execution.get("jobId") != self._entry.job and self._entry.outcome is None:
                self._let_go(now_s)

    def _topic(self, request: str) -> str:
        return jobs_topic(self._means.device, request)

    def _ask(self, now_s: float) -> None:
        self._inquiry.ask(self._topic("start-next"), {}, now_s)

    def _take_answer(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        if topic == self._topic("start-next") + ACCEPTED:
            self._consider(_object(body.get("execution")), now_s)
        elif topic.startswith(self._topic("start-next")):
            log.warning("jobs.not_told", extra={"code": body.get("code")})
        elif topic.endswith(ACCEPTED):
            self._forget()
            self._ask(now_s)
        else:
            self._not_taken(body, now_s)

    def _consider(self, execution: Mapping[str, Any], now_s: float) -> None:
        """Begin what is next, or see that it is what is at hand."""
        entry = self._entry
        if not execution:
            if entry is not None:  # it was taken back while nobody could tell us
                self._let_go(now_s, ask=False)
            return
        found = _entry_of(execution)
        if found is None:
            log.warning("jobs.unreadable", extra={"keys": sorted(map(str, execution))[:10]})
            return
        if entry is not None and (entry.job, entry.number) == (found.job, found.number):
            self._keep(msgspec.structs.replace(entry, version=found.version))
            if entry.outcome is not None:
                self._tell(now_s)
            return
        if entry is not None:
            self._let_go(now_s, ask=False)
        self._begin(found, now_s)

    def _begin(self, entry: JobState, now_s: float) -> None:
        try:
            job = parse_job(entry.document)
        except ValueError as error:
            self._keep(entry)
            self._conclude(entry, reject(str(error)), now_s)
            return
        since = certificate_serial(self._means) if isinstance(job, RenewJob) else self._means.boot
        entry = msgspec.structs.replace(entry, since=since)
        self._keep(entry)
        self._work = self._taken_up(entry)
        log.info("job.begun", extra={"job": entry.job})

    def _taken_up(self, entry: JobState) -> JobRunner | None:
        try:
            job = parse_job(entry.document)
        except ValueError:  # written by another version of this program
            return None
        return _undertaking(job, entry, self._means)

    def _go_on(self, entry: JobState, work: JobRunner, now_s: float) -> None:
        try:
            outcome = (
                fail(f"the agent ended {entry.starts - 1} times while it was at work")
                if entry.starts > MAX_STARTS
                else work.pump(now_s)
            )
        except Exception as error:
            foreseen = isinstance(error, RuntimeError | ValueError | OSError | ModelError)
            log.warning("job.fell", exc_info=not foreseen, extra={"job": entry.job})
            work.abandon()
            outcome = fail(str(error) or type(error).__name__)
        if outcome is not None:
            self._conclude(entry, outcome, now_s)
        elif isinstance(work, ModelJobRunner) and work.is_watching and not entry.watching:
            self._keep(msgspec.structs.replace(entry, watching=True))

    def _conclude(self, entry: JobState, outcome: JobResult, now_s: float) -> None:
        self._work = None
        self._keep(msgspec.structs.replace(entry, outcome=outcome))
        log.info(
            "job.ended",
            extra={"job": entry.job, "outcome": outcome.status, "details": outcome.details},
        )
        self._tell(now_s)

    def _tell(self, now_s: float) -> None:
        entry = self._entry
        if entry is None or entry.outcome is None:
            return
        body = {
            "status": entry.outcome.status,
            "statusDetails": entry.outcome.details,
            "expectedVersion": entry.version,
            "executionNumber": entry.number,
        }
        self._inquiry.ask(self._topic(f"{entry.job}/update"), body, now_s)

    def _not_taken(self, body: Mapping[str, Any], now_s: float) -> None:
        """The fleet does not take our word: it knows better, or has taken the job back."""
        log.warning("job.not_taken", extra={"code": body.get("code")})
        state = _object(body.get("executionState"))
        version = state.get("versionNumber")
        open_still = state.get("status") in ("QUEUED", "IN_PROGRESS")
        if (
            self._entry
            and body.get("code") == VERSION_MISMATCH
            and open_still
            and isinstance(version, int)
        ):
            self._keep(msgspec.structs.replace(self._entry, version=version))
            self._tell(now_s)
            return
        self._forget()
        self._ask(now_s)

    def _let_go(self, now_s: float, *, ask: bool = True) -> None:
        if self._work is not None:
            self._work.abandon()
        if self._entry is not None:
            log.info("job.let_go", extra={"job": self._entry.job})
        self._forget()
        if ask:
            self._ask(now_s)

    def _forget(self) -> None:
        self._work = None
        self._entry = None
        self._path.unlink(missing_ok=True)

    def _keep(self, entry: JobState) -> None:
        self._entry = entry
        try:
            write_atomically(self._path, msgspec.json.encode(entry), mode=PRIVATE_MODE)
        except OSError as error:
            log.error("job.not_kept", extra={"reason": str(error)})


def parse_job(document: Mapping[str, Any]) -> Job:
    """The job of a document, or ValueError with what is wrong."""
    size = len(msgspec.json.encode(document))
    if size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"a document of {size} bytes: at most {MAX_DOCUMENT_BYTES} are read")
    try:
        job: Job = msgspec.convert(document, Job)
    except msgspec.ValidationError as error:
        raise ValueError(f"not a job of mine: {error}") from error
    return job


def _undertaking(job: Job, entry: JobState, means: JobContext) -> JobRunner:
    if isinstance(job, ModelJob):
        return ModelJobRunner(job, means, was_watching=entry.watching)
    if isinstance(job, RenewJob):
        return RenewJobRunner(means, since=entry.since)
    if isinstance(job, DiagnoseJob):
        return DiagnoseJobRunner(job, means)
    if isinstance(job, ClipJob):
        return ClipJobRunner(job, means)
    if isinstance(job, UpdateJob):
        return UpdateJobRunner(job, means, since=entry.since)
    return RestartJobRunner(means, since=entry.since)


def _entry_of(execution: Mapping[str, Any]) -> JobState | None:
    job, document = execution.get("jobId"), execution.get("jobDocument")
    version, number = execution.get("versionNumber"), execution.get("executionNumber", 1)
    if not isinstance(job, str) or not 0 < len(job) <= MAX_JOB_ID_LENGTH or set(job) & set("/+#$"):
        return None
    if not isinstance(version, int) or not isinstance(number, int):
        return None
    return JobState(job=job, number=number, version=version, document=_object(document))


def _read(path: Path) -> JobState | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=JobState)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.error("job.unreadable", extra={"path": str(path), "reason": str(error)})
        return None


def _object(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
