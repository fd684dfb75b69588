"""Who hears what, and that nothing the fleet says ends the measuring."""

import threading

import pytest

from edge_agent.management.management_thread import ManagementThread

SHADOW = "$aws/things/kx-01-cam-1/shadow/name/config/update/delta"
JOB = "$aws/things/kx-01-cam-1/jobs/notify-next"


class Office:
    def __init__(self, error=None):
        self.error = error
        self.take_messages = []
        self.pumped = threading.Event()

    def handle_message(self, topic, body, now_s):
        self.take_messages.append((topic, body))
        self._fall()

    def pump(self, now_s):
        self.pumped.set()
        self._fall()

    def _fall(self):
        if self.error:
            raise self.error


@pytest.fixture
def line(shop):
    return shop.line


def test_each_office_hears_its_own(line):
    shadow, jobs = Office(), Office()
    line.inbox.extend([(SHADOW, b'{"version":1}'), (JOB, b"{}"), ("onlooker/x", b"{}")])
    ManagementThread("kx-01-cam-1", line, shadow=shadow, jobs=jobs).step()
    assert shadow.take_messages == [(SHADOW, {"version": 1})]
    assert jobs.take_messages == [(JOB, {})]


def test_one_office_s_fall_is_told_once_and_does_not_concern_the_other(line, caplog):
    shadow, jobs = Office(RuntimeError("boom")), Office()
    thread = ManagementThread("kx-01-cam-1", line, shadow=shadow, jobs=jobs)
    line.inbox.extend([(SHADOW, b"{}"), (JOB, b"{}")])
    for _ in range(3):
        thread.step()
    assert jobs.take_messages == [(JOB, {})]
    assert jobs.pumped.is_set()
    assert [record.message for record in caplog.records] == ["management.handler_failed"]


def test_it_serves_from_a_thread_of_its_own_until_it_is_left(line):
    shadow = Office()
    with ManagementThread("kx-01-cam-1", line, shadow=shadow):
        assert shadow.pumped.wait(10)
    shadow.pumped.clear()
    assert not [one for one in threading.enumerate() if "management" in one.name]
