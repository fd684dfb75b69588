"""Jobs that are one step: a new certificate, a new beginning, a look at how the camera is."""

from collections.abc import Callable

from edge_agent.enrolment.procedure import renew
from edge_agent.identity.certificates import read_certificate
from edge_agent.management.http_transfer import TransferError, upload, validate_url
from edge_agent.management.job_runner import BackgroundTask, JobContext, reject, succeed
from wire.jobs import DiagnoseJob, JobResult


class RenewJobRunner:
    """New key beside old; the procedure goes on by itself where a restart broke it off."""

    def __init__(self, means: JobContext, *, since: str) -> None:
        """`since` is the serial number that was in use when the job came."""
        self._means = means
        self._since = since
        self._work: BackgroundTask[object] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if certificate_serial(self._means) != self._since:
            self._means.line.reload_certificate()
            ends_at = self._means.identity.ends_at()
            return succeed(
                serial=certificate_serial(self._means)[:12], until=f"{ends_at:%Y-%m-%dT%H:%MZ}"
            )
        if self._work is None:
            self._work = BackgroundTask(lambda: renew(self._means.identity, self._means.clock))
        self._work.result()
        return None

    def abandon(self) -> None:
        """What is half done is gone on with by the next renewal."""


class RestartJobRunner:
    """The process ends; whoever reads this in another one has restarted."""

    def __init__(self, means: JobContext, *, since: str) -> None:
        self._means = means
        self._since = since
        self._asked = False

    def pump(self, now_s: float) -> JobResult | None:
        if self._means.boot != self._since:
            return succeed(boot=self._means.boot)
        if not self._asked:
            self._asked = True
            self._means.restart(None)
        return None

    def abandon(self) -> None:
        """Too late: it is on its way."""


class DiagnoseJobRunner:
    """Gathered and sent in one go."""

    def __init__(self, job: DiagnoseJob, means: JobContext) -> None:
        self._job = job
        self._means = means
        self._work: BackgroundTask[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        hosts = self._means.own.fleet.hosts
        if self._work is None:
            try:
                validate_url(self._job.url, hosts)
            except TransferError as error:
                return reject(str(error))
            self._work = BackgroundTask(_sent(self._means.report, self._job.url, hosts))
        size_bytes = self._work.result()
        return None if size_bytes is None else succeed(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing was changed."""


def certificate_serial(means: JobContext) -> str:
    """The serial number of the certificate in use."""
    return f"{read_certificate(means.identity.pair).serial_number:x}"


def _sent(report: Callable[[], bytes], url: str, hosts: tuple[str, ...]) -> Callable[[], int]:
    def act() -> int:
        content = report()
        upload(url, content, hosts=hosts)
        return len(content)

    return act
