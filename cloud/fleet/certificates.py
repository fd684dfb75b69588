"""How long the certificates of devices are valid, and which are being renewed.

The registry knows the end of a certificate that our enrolment service issued. It does not know one
that `provisioning ca issue` signed from a request, or that AWS issued: such a device is unknown,
which is not the same as valid. An agent renews its certificate by itself when half to a third of
the lifetime is left; what is left below a quarter of the usual 30 days means that renewal fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from cloud.fleet.jobs.execution import ExecutionStatus
from cloud.fleet.tables import device_table, executions, jobs

DAY: Final = timedelta(days=1)
LATE_DAYS: Final = 7.5
"""A quarter of the 30 days for which a device's certificate is valid."""
DUE_DAYS: Final = 15.0
"""Half of them: from here on the agent renews it."""
RENEW: Final = "renew"


class CertificateState(StrEnum):
    """How urgent a certificate is, the most urgent first."""

    EXPIRED = "expired"
    LATE = "late"  # it should have been renewed
    DUE = "due"  # the agent renews it in these days
    VALID = "valid"
    UNKNOWN = "unknown"  # the registry has no end of it


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """The certificate of one device; `renewal_job` is a job that renews it and has not ended."""

    device: str
    location: str
    serial: str | None
    ends_at: datetime | None
    days_left: float | None
    state: CertificateState
    renewal_job: str | None


def list_certificates(connection: Connection, now: datetime) -> list[ListedCertificate]:
    """The certificates of all devices, those that end first at the beginning, unknown ones last."""
    rows = connection.execute(
        select(
            device_table.c.name,
            device_table.c.location,
            device_table.c.certificate,
            device_table.c.certificate_ends_at,
        ).where(device_table.c.retired_at.is_(None))
    )
    renewed = _find_renewals(connection)
    found = [_describe(*row, now, renewed.get(row.name)) for row in rows]
    return sorted(found, key=lambda one: (one.ends_at is None, one.ends_at or now, one.device))


def classify(days_left: float | None) -> CertificateState:
    """The state of a certificate by the days that are left."""
    if days_left is None:
        return CertificateState.UNKNOWN
    if days_left <= 0:
        return CertificateState.EXPIRED
    if days_left < LATE_DAYS:
        return CertificateState.LATE
    return CertificateState.DUE if days_left < DUE_DAYS else CertificateState.VALID


def _describe(
    device: str,
    location: str,
    serial: str | None,
    ends_at: datetime | None,
    now: datetime,
    job: str | None,
) -> ListedCertificate:
    days_left = None if ends_at is None else (ends_at - now) / DAY
    return ListedCertificate(device, location, serial, ends_at, days_left, classify(days_left), job)


def _find_renewals(connection: Connection) -> dict[str, str]:
    """Device to the newest job that renews its certificate and has not ended on it."""
    running = connection.execute(
        select(jobs.c.id, jobs.c.document, jobs.c.targets)
        .where(jobs.c.status == ExecutionStatus.IN_PROGRESS)
        .order_by(jobs.c.created_at)
    )
    found: dict[str, str] = {}
    for row in running.all():
        if msgspec.json.decode(row.document).get("operation") == RENEW:
            waiting: list[str] = msgspec.json.decode(row.targets)
            found |= dict.fromkeys([*waiting, *_list_unfinished(connection, row.id)], row.id)
    return found


def _list_unfinished(connection: Connection, job: str) -> list[str]:
    is_open = executions.c.status.in_([ExecutionStatus.QUEUED, ExecutionStatus.IN_PROGRESS])
    query = select(executions.c.device).where(executions.c.job == job, is_open)
    return list(connection.execute(query).scalars())
