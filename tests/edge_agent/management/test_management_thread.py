"""Messages are passed to the handler of their topic; a failing handler does not end the agent."""

import threading

import pytest

from edge_agent.management.management_thread import ManagementThread

SHADOW = "$aws/things/kx-01-cam-1/shadow/name/config/update/delta"
JOB = "$aws/things/kx-01-cam-1/jobs/notify-next"


class RecordingHandler:
    def __init__(self, error=None):
        self.error = error
        self.received = []
        self.pumped = threading.Event()

    def handle_message(self, topic, body, now_s):
        self.received.append((topic, body))
        self._raise()

    def pump(self, now_s):
        self.pumped.set()
        self._raise()

    def _raise(self):
        if self.error:
            raise self.error


@pytest.fixture
def link(job_service):
    return job_service.link


def test_each_handler_receives_its_own_topics(link):
    shadow, jobs = RecordingHandler(), RecordingHandler()
    link.inbox.extend([(SHADOW, b'{"version":1}'), (JOB, b"{}"), ("onlooker/x", b"{}")])
    ManagementThread("kx-01-cam-1", link, shadow=shadow, jobs=jobs).step()
    assert shadow.received == [(SHADOW, {"version": 1})]
    assert jobs.received == [(JOB, {})]


def test_a_failing_handler_is_logged_once_and_the_other_continues(link, caplog):
    shadow, jobs = RecordingHandler(RuntimeError("boom")), RecordingHandler()
    thread = ManagementThread("kx-01-cam-1", link, shadow=shadow, jobs=jobs)
    link.inbox.extend([(SHADOW, b"{}"), (JOB, b"{}")])
    for _ in range(3):
        thread.step()
    assert jobs.received == [(JOB, {})]
    assert jobs.pumped.is_set()
    assert [record.message for record in caplog.records] == ["management.handler_failed"]


def test_the_thread_runs_until_the_context_ends(link):
    shadow = RecordingHandler()
    with ManagementThread("kx-01-cam-1", link, shadow=shadow):
        assert shadow.pumped.wait(60)
    shadow.pumped.clear()
    assert not [one for one in threading.enumerate() if "management" in one.name]
