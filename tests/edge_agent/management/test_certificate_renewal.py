"""A certificate is renewed before it expires; a failed renewal is repeated every hour."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from edge_agent.enrolment.claim import EnrolError
from edge_agent.management import certificate_renewal
from edge_agent.management.certificate_renewal import CHECK_INTERVAL_S, CertificateRenewal

ISSUED_AT = datetime(2026, 11, 1, tzinfo=UTC)
EXPIRES_AT = ISSUED_AT + timedelta(days=30)


class FakeEnrolmentServer:
    """Renews a certificate, or raises `error`."""

    def __init__(self):
        self.error = None
        self.calls = 0
        self.certificate = SimpleNamespace(
            not_valid_before_utc=ISSUED_AT, not_valid_after_utc=EXPIRES_AT
        )

    def renew(self, _folder, clock):
        self.calls += 1
        if self.error:
            raise self.error
        ends_at = clock() + timedelta(days=30)
        self.certificate = SimpleNamespace(
            not_valid_before_utc=clock(), not_valid_after_utc=ends_at
        )
        return ends_at


@pytest.fixture
def enrolment_server(monkeypatch):
    server = FakeEnrolmentServer()
    monkeypatch.setattr(certificate_renewal, "renew", server.renew)
    monkeypatch.setattr(certificate_renewal, "read_certificate", lambda _path: server.certificate)
    return server


@pytest.fixture
def advance(enrolment_server, job_service):
    """Advances the clock by days, an hour at a time."""
    at = [ISSUED_AT]
    renewal = CertificateRenewal(SimpleNamespace(pair=None), job_service.link, lambda: at[0])

    def days(count):
        for _ in range(24 * count):
            at[0] += timedelta(hours=1)
            renewal.pump(now_s := (at[0] - ISSUED_AT).total_seconds())
            for thread in threading.enumerate():
                if thread.daemon and "(_run)" in thread.name:
                    thread.join(10)
            renewal.pump(now_s)

    return days


def test_a_certificate_is_not_renewed_in_the_first_half_of_its_time(advance, enrolment_server):
    advance(14)
    assert enrolment_server.calls == 0


def test_with_a_third_left_it_is_renewed_and_the_link_reloads_it(
    advance, enrolment_server, job_service
):
    advance(21)
    assert enrolment_server.calls == 1
    assert job_service.link.renewals == 1
    assert enrolment_server.certificate.not_valid_after_utc > EXPIRES_AT


def test_a_failed_renewal_is_repeated_every_hour(advance, enrolment_server, job_service):
    enrolment_server.error = EnrolError("the enrolment server cannot be reached")
    advance(22)
    assert enrolment_server.calls >= 24
    assert job_service.link.renewals == 0
    enrolment_server.error = None
    advance(1)
    assert job_service.link.renewals == 1


def test_the_certificate_is_checked_once_an_hour(enrolment_server, job_service):
    checks = []
    renewal = CertificateRenewal(
        SimpleNamespace(pair=None), job_service.link, lambda: checks.append(1) or ISSUED_AT
    )
    for second in range(0, int(2 * CHECK_INTERVAL_S), 60):
        renewal.pump(float(second))
    assert len(checks) == 2
