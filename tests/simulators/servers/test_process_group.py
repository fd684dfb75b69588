"""A group of processes: order of stopping, exits that are reported, and log files."""

import signal
import subprocess

import pytest

from simulators.servers import process_group
from simulators.servers.process_group import STOP_WITHIN_S, ProcessGroup, ProcessGroupError


class Process:
    """A process that runs until it is signalled; a stubborn one ignores SIGTERM."""

    def __init__(self, name, journal, *, is_stubborn):
        self.name, self.journal, self.is_stubborn = name, journal, is_stubborn
        self.returncode = None

    def poll(self):
        return self.returncode

    def send_signal(self, number):
        self.journal.append((self.name, number))
        if not self.is_stubborn:
            self.returncode = 0

    def kill(self):
        self.journal.append((self.name, signal.SIGKILL))
        self.returncode = -9

    def wait(self, timeout=None):
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.name, timeout)
        return self.returncode


@pytest.fixture
def events(monkeypatch):
    """The signals that processes receive, in order."""
    events = []

    def popen(command, *, stdout, **_):
        stdout.write(f"{command[-1]} started\n".encode())
        return Process(command[-1], events, is_stubborn=command[-1] == "stubborn")

    monkeypatch.setattr(process_group.subprocess, "Popen", popen)
    return events


def test_processes_are_stopped_newest_first(tmp_path, events):
    with ProcessGroup(tmp_path / "logs") as group:
        for name in ("broker", "stream", "camera"):
            group.start(name, ["module", name])
        group.check()
    assert events == [(name, signal.SIGTERM) for name in ("camera", "stream", "broker")]
    group.stop()
    assert len(events) == 3


def test_processes_are_stopped_when_the_block_fails(tmp_path, events):

    def fail():
        with ProcessGroup(tmp_path) as group:
            group.start("broker", ["broker"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert events == [("broker", signal.SIGTERM)]


def test_a_process_that_ignores_the_signal_is_killed_and_the_others_are_stopped(tmp_path, events):
    with ProcessGroup(tmp_path) as group:
        group.start("broker", ["broker"])
        group.start("stubborn", ["stubborn"])
    assert events == [
        ("stubborn", signal.SIGTERM),
        ("stubborn", signal.SIGKILL),
        ("broker", signal.SIGTERM),
    ]
    assert STOP_WITHIN_S > 0


def test_a_process_that_has_exited_is_reported_with_the_end_of_its_log(tmp_path, events):
    with ProcessGroup(tmp_path) as group:
        process = group.start("stream", ["stream"])
        with group.log("stream").open("a") as log:
            log.writelines(f"line {number}\n" for number in range(20))
        process.returncode = 3
        with pytest.raises(ProcessGroupError) as failed:
            group.check()
    lines = str(failed.value).splitlines()
    assert lines[0] == "stream exited with code 3. End of its log:"
    assert lines[1:] == [f"  line {number}" for number in range(12, 20)]
    assert events == []  # it is not signalled again


def test_a_killed_process_is_not_reported(tmp_path, events):
    with ProcessGroup(tmp_path) as group:
        camera = group.start("camera", ["camera"])
        group.start("stream", ["stream"])
        group.kill(camera)
        group.check()
    assert events == [("camera", signal.SIGKILL), ("stream", signal.SIGTERM)]


def test_one_process_ends_and_the_others_run_on(tmp_path, events):
    with ProcessGroup(tmp_path) as group:
        server = group.start("server", ["server"])
        group.start("stream", ["stream"])
        group.end(server)
        assert events == [("server", signal.SIGTERM)]
        group.check()
    assert events[1:] == [("stream", signal.SIGTERM)]


def test_output_of_a_restart_is_appended_to_the_log(tmp_path, events):
    with ProcessGroup(tmp_path) as group:
        for _ in range(2):
            group.start("stream", ["stream"])
    assert group.log("stream").read_text() == "stream started\nstream started\n"


def test_a_command_returns_its_output_or_fails_with_its_errors(tmp_path):
    commands = iter([r"printf '12.50 \377'", "exit 2"])

    def start(words, *, stderr, **options):
        assert words == ["cloud", "price"]
        stderr.write(b"no such location\n")
        return subprocess.Popen(["sh", "-c", next(commands)], stderr=stderr, **options)

    with ProcessGroup(tmp_path, start) as group:
        assert group.run("price", ["cloud", "price"]) == "12.50 \ufffd"
        with pytest.raises(ProcessGroupError, match=r"price exited with code 2.*\n  no such loc"):
            group.run("price", ["cloud", "price"])


def test_a_command_reads_its_standard_input_and_nothing_without_one(tmp_path):
    def start(words, **options):
        return subprocess.Popen(["cat"], **options)

    with ProcessGroup(tmp_path, start) as group:
        assert group.run("users", ["cloud"], input_text="ann,ü\n") == "ann,ü\n"
        assert group.run("users", ["cloud"]) == ""


def test_a_process_has_the_variables_of_its_environment(tmp_path):
    module = tmp_path / "shown_variable.py"
    module.write_text("import os; print(os.environ['SOME_CLOCK'])")
    environment = {"SOME_CLOCK": "moved", "PYTHONPATH": str(tmp_path)}
    with ProcessGroup(tmp_path / "logs") as group:
        assert group.run("shown", ["shown_variable"], environment) == "moved\n"
