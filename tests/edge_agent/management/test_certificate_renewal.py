"""A certificate is renewed in time, off the measuring's way, and tried again when it fails."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from edge_agent.enrolment.claim import EnrolError
from edge_agent.management import certificate_renewal
from edge_agent.management.certificate_renewal import CHECK_INTERVAL_S, CertificateRenewal

MADE = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = MADE + timedelta(days=30)


class Desk:
    """Renews, or cannot."""

    def __init__(self):
        self.error = None
        self.calls = 0
        self.shown = SimpleNamespace(not_valid_before_utc=MADE, not_valid_after_utc=ENDS)

    def renew(self, _folder, clock):
        self.calls += 1
        if self.error:
            raise self.error
        ends_at = clock() + timedelta(days=30)
        self.shown = SimpleNamespace(not_valid_before_utc=clock(), not_valid_after_utc=ends_at)
        return ends_at


@pytest.fixture
def desk(monkeypatch):
    made = Desk()
    monkeypatch.setattr(certificate_renewal, "renew", made.renew)
    monkeypatch.setattr(certificate_renewal, "read_certificate", lambda _path: made.shown)
    return made


@pytest.fixture
def watched(desk, shop):
    """Let days pass, an hour at a time."""
    at = [MADE]
    one = CertificateRenewal(SimpleNamespace(pair=None), shop.line, lambda: at[0])

    def days(count):
        for _ in range(24 * count):
            at[0] += timedelta(hours=1)
            one.pump(now_s := (at[0] - MADE).total_seconds())
            for thread in threading.enumerate():
                if thread.daemon and "(_run)" in thread.name:
                    thread.join(10)
            one.pump(now_s)

    return days


def test_half_of_its_time_is_its_own(watched, desk):
    watched(14)
    assert desk.calls == 0


def test_with_a_third_left_it_has_been_renewed_and_the_link_told(watched, desk, shop):
    watched(21)
    assert desk.calls == 1
    assert shop.line.renewals == 1
    assert desk.shown.not_valid_after_utc > ENDS


def test_what_fails_is_tried_every_hour_until_it_succeeds(watched, desk, shop):
    desk.error = EnrolError("the desk is away")
    watched(22)
    assert desk.calls >= 24
    assert shop.line.renewals == 0
    desk.error = None
    watched(1)
    assert shop.line.renewals == 1


def test_it_looks_once_an_hour_only(desk, shop):
    looks = []
    one = CertificateRenewal(SimpleNamespace(pair=None), shop.line, lambda: looks.append(1) or MADE)
    for second in range(0, int(2 * CHECK_INTERVAL_S), 60):
        one.pump(float(second))
    assert len(looks) == 2
