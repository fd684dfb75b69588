"""Jobs with one step: renew the certificate, restart, upload a diagnostic report."""

from collections.abc import Callable

from edge_agent.enrolment.procedure import renew
from edge_agent.identity.certificates import read_certificate
from edge_agent.management.http_transfer import TransferError, upload, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, reject, succeed
from wire.fleet.jobs import DiagnoseJob, JobResult


class RenewJobRunner:
    """Renews the certificate; continues where a restart interrupted it."""

    def __init__(self, context: JobContext, *, since: str) -> None:
        """`since` is the serial number of the certificate when the job started."""
        self._context = context
        self._since = since
        self._task: BackgroundTask[object] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if certificate_serial(self._context) != self._since:
            self._context.line.reload_certificate()
            ends_at = self._context.identity.expires_at()
            return succeed(
                serial=certificate_serial(self._context)[:12], until=f"{ends_at:%Y-%m-%dT%H:%MZ}"
            )
        if self._task is None:
            self._task = BackgroundTask(lambda: renew(self._context.identity, self._context.clock))
        self._task.result()
        return None

    def abandon(self) -> None:
        """The next renewal continues an unfinished one."""


class RestartJobRunner:
    """Restarts the process; succeeds in the next process."""

    def __init__(self, context: JobContext, *, since: str) -> None:
        self._context = context
        self._since = since
        self._is_requested = False

    def pump(self, now_s: float) -> JobResult | None:
        if self._context.boot != self._since:
            return succeed(boot=self._context.boot)
        if not self._is_requested:
            self._is_requested = True
            self._context.restart(None)
        return None

    def abandon(self) -> None:
        """A requested restart cannot be cancelled."""


class DiagnoseJobRunner:
    """Builds and uploads a diagnostic report."""

    def __init__(self, job: DiagnoseJob, context: JobContext) -> None:
        self._job = job
        self._context = context
        self._task: BackgroundTask[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        hosts = self._context.own.fleet.hosts
        if self._task is None:
            try:
                validate_url(self._job.url, hosts)
            except TransferError as error:
                return reject(str(error))
            self._task = BackgroundTask(_upload_report(self._context.report, self._job.url, hosts))
        size_bytes = self._task.result()
        return None if size_bytes is None else succeed(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing to undo."""


def certificate_serial(context: JobContext) -> str:
    """The serial number of the certificate in use."""
    return f"{read_certificate(context.identity.pair).serial_number:x}"


def _upload_report(
    report: Callable[[], bytes], url: str, hosts: tuple[str, ...]
) -> Callable[[], int]:
    def build_and_upload() -> int:
        content = report()
        upload(url, content, hosts=hosts)
        return len(content)

    return build_and_upload
