"""The Mosquitto of demonstration and tests: its port, its configuration, and how it fails."""

import socket
from types import SimpleNamespace

import pytest

from simulators.servers import mosquitto
from simulators.servers.mosquitto import PORTS, Mosquitto, MosquittoError, find_binary, free_port


def test_a_free_port_can_be_bound_and_is_below_those_of_outgoing_connections():
    for port in (free_port(), free_port()):
        assert port in PORTS
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_an_occupied_port_is_not_returned(monkeypatch):
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        port = occupied.getsockname()[1]
        monkeypatch.setattr(mosquitto.random, "sample", lambda ports, k: [port])
        with pytest.raises(MosquittoError, match="no free TCP port found between 20000 and 31999"):
            free_port()


def test_the_folders_of_root_are_searched_too(monkeypatch):
    searched = []

    def which(name, path=None):
        searched.append(path)
        return "/usr/sbin/mosquitto" if path else None

    monkeypatch.setattr(mosquitto.shutil, "which", which)
    assert find_binary() == "/usr/sbin/mosquitto"
    assert searched == [None, "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"]


def test_a_missing_program_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(mosquitto.shutil, "which", lambda name, path=None: None)
    with pytest.raises(MosquittoError, match=r"mosquitto was not found: install it .*apt-get"):
        find_binary()


class Process:
    """A process that has exited, or runs."""

    def __init__(self, code=None):
        self.code, self.calls = code, []

    def poll(self):
        return self.code

    def wait(self, timeout=None):
        self.code = 0

    def kill(self):
        self.calls.append("kill")

    def terminate(self):
        self.calls.append("terminate")


@pytest.fixture
def launch(monkeypatch):
    """Start a broker whose process is the given one; `output` is what it writes to its log."""

    def launch(broker, process, output=b""):
        def popen(command, *, stdout, **_):
            stdout.write(output)
            return process

        monkeypatch.setattr(mosquitto.subprocess, "Popen", popen)
        monkeypatch.setattr(mosquitto, "find_binary", lambda: "mosquitto")
        broker.start()

    return launch


@pytest.fixture
def listening():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_the_configuration_opens_one_loopback_port_and_stores_nothing(tmp_path, launch, listening):
    broker = Mosquitto(tmp_path / "a" / "b", port=listening, largest_bytes=1_000)
    launch(broker, Process())
    lines = (tmp_path / "a" / "b" / "mosquitto.conf").read_text().splitlines()
    assert f"listener {listening} 127.0.0.1" in lines
    assert {"persistence false", "message_size_limit 1000"} <= set(lines)
    assert [line for line in lines if line.startswith("max_packet_size")] == []
    assert broker.url == f"mqtt://127.0.0.1:{listening}"


def test_a_packet_limit_is_written_if_there_is_one(tmp_path, launch, listening):
    launch(Mosquitto(tmp_path, port=listening, largest_packet_bytes=4_096), Process())
    assert "max_packet_size 4096\n" in (tmp_path / "mosquitto.conf").read_text()


def test_a_process_that_exits_is_reported_with_the_end_of_its_log(tmp_path, launch):
    broker = Mosquitto(tmp_path, port=1)
    with pytest.raises(MosquittoError) as failed:
        launch(broker, Process(code=1), b"x" * 600 + b"\nError: Address already in use\n")
    assert str(failed.value).startswith("mosquitto exited at once: xxx")
    assert str(failed.value).endswith("Error: Address already in use")
    assert len(str(failed.value)) < 530


def test_a_process_that_does_not_listen_in_time_is_reported(tmp_path, launch, monkeypatch):
    now = iter(range(0, 1_000, 4))
    clock = SimpleNamespace(monotonic=lambda: next(now), sleep=lambda seconds: None)
    monkeypatch.setattr(mosquitto, "time", clock)
    with pytest.raises(MosquittoError, match="did not listen on port 1 within 10 s"):
        launch(Mosquitto(tmp_path, port=1), Process())


def test_a_broker_is_stopped_once_and_can_be_stopped_before_it_starts(tmp_path, launch, listening):
    broker, process = Mosquitto(tmp_path, port=listening), Process()
    broker.stop()
    broker.kill()
    launch(broker, process)
    broker.stop()
    broker.stop()
    assert process.calls == ["terminate"]
