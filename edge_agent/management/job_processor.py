"""Runs the jobs of a camera one after the other, as an AWS IoT Jobs client.

Job state is persisted before execution, and the outcome before it is reported. After a restart the
job is continued or undone, and an outcome that was not acknowledged is reported again. A job
document that is invalid is rejected with its reason.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, assert_never

import msgspec

from edge_agent.atomic_files import PRIVATE_MODE, write_atomically
from edge_agent.management.clip_job import ClipJobRunner
from edge_agent.management.job_runner import JobContext, JobRunner, fail, reject
from edge_agent.management.model_job import ModelJobRunner
from edge_agent.management.mqtt_rpc import ACCEPTED, RpcLink, RpcRequest
from edge_agent.management.preview_job import PreviewJobRunner
from edge_agent.management.simple_jobs import (
    DiagnoseJobRunner,
    RenewJobRunner,
    RestartJobRunner,
    certificate_serial,
)
from edge_agent.management.update_job import UpdateJobRunner
from edge_agent.perception.model_errors import ModelError
from wire.fleet.device_config import jobs_topic
from wire.fleet.jobs import (
    ClipJob,
    DiagnoseJob,
    Job,
    JobResult,
    ModelJob,
    PreviewJob,
    RenewJob,
    RestartJob,
    UpdateJob,
)
from wire.scalars import WireMessage

log = logging.getLogger(__name__)

MAX_DOCUMENT_BYTES: Final = 32 * 1024  # limit of AWS IoT
VERSION_MISMATCH: Final = "VersionMismatch"
MAX_JOB_ID_LENGTH: Final = 64
MAX_STARTS: Final = 3


_ON_DISK: Final = {"starts": "begun", "on_probation": "watching"}
"""Names in the file: an agent that is updated or rolled back reads what the other one wrote."""


class JobState(WireMessage, frozen=True, kw_only=True, rename=_ON_DISK):
    """The current job. `since` is the state before it: a certificate serial or a boot id.

    `starts` counts the processes that have started it.
    """

    job: str
    number: int
    version: int
    document: dict[str, Any]
    since: str = ""
    starts: int = 1
    on_probation: bool = False
    outcome: JobResult | None = None


class JobProcessor:
    """The jobs of one camera. `pump` is called often."""

    def __init__(self, context: JobContext, link: RpcLink, path: Path) -> None:
        self._context = context
        self._link = link
        self._path = path
        self._request = RpcRequest(link)
        self._session = 0
        self._state = _read(path)
        self._runner: JobRunner | None = None
        if self._state is not None and self._state.outcome is None:
            self._runner = self._create_runner(self._state)
            unknown = reject("this version of the agent does not support the job")
            outcome = None if self._runner else unknown
            begun = self._state.starts + 1
            self._save(msgspec.structs.replace(self._state, starts=begun, outcome=outcome))

    def pump(self, now_s: float) -> None:
        """Request jobs at every connection, continue the current one, report its outcome."""
        if self._link.connected and self._link.sessions != self._session:
            self._session = self._link.sessions
            self._request_next(now_s)
        if self._runner is not None and self._state is not None:
            self._continue(self._state, self._runner, now_s)
        self._request.pump(now_s)

    def handle_message(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        """Process a message on one of the job topics."""
        if self._request.accept_answer(topic, body):
            self._process_response(topic, body, now_s)
        elif topic == self._topic("notify-next"):
            execution = _object(body.get("execution"))
            if self._state is None:
                if execution:
                    self._request_next(now_s)
            elif execution.get("jobId") != self._state.job and self._state.outcome is None:
                self._cancel(now_s)

    def _topic(self, request: str) -> str:
        return jobs_topic(self._context.device, request)

    def _request_next(self, now_s: float) -> None:
        self._request.send_request(self._topic("start-next"), {}, now_s)

    def _process_response(self, topic: str, body: Mapping[str, Any], now_s: float) -> None:
        if topic == self._topic("start-next") + ACCEPTED:
            self._process_execution(_object(body.get("execution")), now_s)
        elif topic.startswith(self._topic("start-next")):
            log.warning("jobs.not_received", extra={"code": body.get("code")})
        elif topic.endswith(ACCEPTED):
            self._clear()
            self._request_next(now_s)
        else:
            self._handle_outcome_rejected(body, now_s)

    def _process_execution(self, execution: Mapping[str, Any], now_s: float) -> None:
        """Start the next job, unless it is the current one."""
        state = self._state
        if not execution:
            if state is not None:  # it was cancelled while the camera was offline
                self._cancel(now_s, request_next=False)
            return
        found = _state_of(execution)
        if found is None:
            log.warning("jobs.unreadable", extra={"keys": sorted(map(str, execution))[:10]})
            return
        if state is not None and (state.job, state.number) == (found.job, found.number):
            self._save(msgspec.structs.replace(state, version=found.version))
            if state.outcome is not None:
                self._report_outcome(now_s)
            return
        if state is not None:
            self._cancel(now_s, request_next=False)
        self._start(found, now_s)

    def _start(self, state: JobState, now_s: float) -> None:
        try:
            job = parse_job(state.document)
        except ValueError as error:
            self._save(state)
            self._conclude(state, reject(str(error)), now_s)
            return
        since = (
            certificate_serial(self._context) if isinstance(job, RenewJob) else self._context.boot
        )
        state = msgspec.structs.replace(state, since=since)
        self._save(state)
        self._runner = self._create_runner(state)
        log.info("job.started", extra={"job": state.job})

    def _create_runner(self, state: JobState) -> JobRunner | None:
        try:
            job = parse_job(state.document)
        except ValueError:  # written by another version of the agent
            return None
        return _runner_for(job, state, self._context)

    def _continue(self, state: JobState, runner: JobRunner, now_s: float) -> None:
        try:
            outcome = (
                fail(f"the agent ended {state.starts - 1} times during the job")
                if state.starts > MAX_STARTS
                else runner.pump(now_s)
            )
        except Exception as error:
            is_expected = isinstance(error, RuntimeError | ValueError | OSError | ModelError)
            log.warning("job.failed", exc_info=not is_expected, extra={"job": state.job})
            runner.abandon()
            outcome = fail(str(error) or type(error).__name__)
        if outcome is not None:
            self._conclude(state, outcome, now_s)
        elif (
            isinstance(runner, ModelJobRunner) and runner.is_on_probation and not state.on_probation
        ):
            self._save(msgspec.structs.replace(state, on_probation=True))

    def _conclude(self, state: JobState, outcome: JobResult, now_s: float) -> None:
        self._runner = None
        self._save(msgspec.structs.replace(state, outcome=outcome))
        log.info(
            "job.ended",
            extra={"job": state.job, "outcome": outcome.status, "details": outcome.details},
        )
        self._report_outcome(now_s)

    def _report_outcome(self, now_s: float) -> None:
        state = self._state
        if state is None or state.outcome is None:
            return
        body = {
            "status": state.outcome.status,
            "statusDetails": state.outcome.details,
            "expectedVersion": state.version,
            "executionNumber": state.number,
        }
        self._request.send_request(self._topic(f"{state.job}/update"), body, now_s)

    def _handle_outcome_rejected(self, body: Mapping[str, Any], now_s: float) -> None:
        """The outcome was rejected: its version is outdated, or the job was cancelled."""
        log.warning("job.outcome_rejected", extra={"code": body.get("code")})
        execution = _object(body.get("executionState"))
        version = execution.get("versionNumber")
        is_open = execution.get("status") in ("QUEUED", "IN_PROGRESS")
        if (
            self._state
            and body.get("code") == VERSION_MISMATCH
            and is_open
            and isinstance(version, int)
        ):
            self._save(msgspec.structs.replace(self._state, version=version))
            self._report_outcome(now_s)
            return
        self._clear()
        self._request_next(now_s)

    def _cancel(self, now_s: float, *, request_next: bool = True) -> None:
        if self._runner is not None:
            self._runner.abandon()
        if self._state is not None:
            log.info("job.cancelled", extra={"job": self._state.job})
        self._clear()
        if request_next:
            self._request_next(now_s)

    def _clear(self) -> None:
        self._runner = None
        self._state = None
        self._path.unlink(missing_ok=True)

    def _save(self, state: JobState) -> None:
        self._state = state
        try:
            write_atomically(self._path, msgspec.json.encode(state), mode=PRIVATE_MODE)
        except OSError as error:
            log.error("job.not_saved", extra={"reason": str(error)})


def parse_job(document: Mapping[str, Any]) -> Job:
    """The job of a document; ValueError says what is wrong."""
    size = len(msgspec.json.encode(document))
    if size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"a document of {size} bytes: at most {MAX_DOCUMENT_BYTES} are read")
    try:
        job: Job = msgspec.convert(document, Job)
    except msgspec.ValidationError as error:
        raise ValueError(f"the document is not a job of this agent: {error}") from error
    return job


def _runner_for(job: Job, state: JobState, context: JobContext) -> JobRunner:
    match job:
        case ModelJob():
            return ModelJobRunner(job, context, was_on_probation=state.on_probation)
        case RenewJob():
            return RenewJobRunner(context, since=state.since)
        case DiagnoseJob():
            return DiagnoseJobRunner(job, context)
        case ClipJob():
            return ClipJobRunner(job, context)
        case PreviewJob():
            return PreviewJobRunner(job, context)
        case UpdateJob():
            return UpdateJobRunner(job, context, since=state.since)
        case RestartJob():
            return RestartJobRunner(context, since=state.since)
        case _:
            assert_never(job)


def _state_of(execution: Mapping[str, Any]) -> JobState | None:
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
