"""Jobs that are one step: a new certificate, a new beginning, a look at how the camera is."""

from collections.abc import Callable

from edge_agent.enrolment.procedure import renew
from edge_agent.identity.certificates import certificate_in
from edge_agent.management.http_transfer import TransferError, checked, send
from edge_agent.management.job_runner import Apart, Means, rejected, succeeded
from wire.jobs import DiagnoseJob, JobResult


class Renewal:
    """New key beside old; the procedure goes on by itself where a restart broke it off."""

    def __init__(self, means: Means, *, since: str) -> None:
        """`since` is the serial number that was in use when the job came."""
        self._means = means
        self._since = since
        self._work: Apart[object] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        if serial_of(self._means) != self._since:
            self._means.line.renewed()
            ends_at = self._means.identity.ends_at()
            return succeeded(serial=serial_of(self._means)[:12], until=f"{ends_at:%Y-%m-%dT%H:%MZ}")
        if self._work is None:
            self._work = Apart(lambda: renew(self._means.identity, self._means.clock))
        self._work.result()
        return None

    def abandon(self) -> None:
        """What is half done is gone on with by the next renewal."""


class Restart:
    """The process ends; whoever reads this in another one has restarted."""

    def __init__(self, means: Means, *, since: str) -> None:
        self._means = means
        self._since = since
        self._asked = False

    def pump(self, now_s: float) -> JobResult | None:
        if self._means.boot != self._since:
            return succeeded(boot=self._means.boot)
        if not self._asked:
            self._asked = True
            self._means.restart(None)
        return None

    def abandon(self) -> None:
        """Too late: it is on its way."""


class Diagnosis:
    """Gathered and sent in one go."""

    def __init__(self, job: DiagnoseJob, means: Means) -> None:
        self._job = job
        self._means = means
        self._work: Apart[int] | None = None

    def pump(self, now_s: float) -> JobResult | None:
        hosts = self._means.own.fleet.hosts
        if self._work is None:
            try:
                checked(self._job.url, hosts)
            except TransferError as error:
                return rejected(str(error))
            self._work = Apart(_sent(self._means.report, self._job.url, hosts))
        size_bytes = self._work.result()
        return None if size_bytes is None else succeeded(bytes=str(size_bytes))

    def abandon(self) -> None:
        """Nothing was changed."""


def serial_of(means: Means) -> str:
    """The serial number of the certificate in use."""
    return f"{certificate_in(means.identity.pair).serial_number:x}"


def _sent(report: Callable[[], bytes], url: str, hosts: tuple[str, ...]) -> Callable[[], int]:
    def act() -> int:
        content = report()
        send(url, content, hosts=hosts)
        return len(content)

    return act
