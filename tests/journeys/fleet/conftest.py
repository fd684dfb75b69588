"""The operator's machine: CA service, broker and fleet service, each in its own process."""

import contextlib
import io
import os
import pwd
import subprocess
import threading
from pathlib import Path

import pytest

from cloud.fleet.__main__ import main as fleet_main
from provisioning.__main__ import main as provisioning_main
from simulators.servers.mosquitto import free_port
from tests.auth_plugin import build_auth_plugin
from tests.programs import start_program

PATIENCE_S = 30.0


class OperatorMachine:
    """A folder with an authority and a database, and the processes that use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca, self.own = folder / "ca", folder / "own"
        self.port, self.enrolment_port = free_port(), free_port()
        self.database = f"sqlite:///{folder}/cloud.db"
        self._programs = contextlib.ExitStack()

    def open(self):
        self.provisioning("ca", "init", "--dir", self.ca)
        for kind, name in (
            ("--service", "fleet"),
            ("--claim", "batch-7"),
            ("--server", "localhost"),
        ):
            self.provisioning("ca", "issue", "--dir", self.ca, kind, name, "--out", self.own)
        for ending in ("crt", "key"):
            (self.own / f"localhost.{ending}").rename(self.own / f"server.{ending}")
        self.start("provisioning", "ca-service", "--dir", self.ca, ready="listening on")
        account = pwd.getpwuid(os.geteuid()).pw_name
        broker = ["--dir", self.folder / "broker", "--authority", self.ca, "--host", "localhost"]
        broker += ["--bind", "127.0.0.1", "--port", self.port, "--user", account]
        broker += ["--auth-plugin", build_auth_plugin()]
        self.start("provisioning", "broker", *broker, ready="mqtts://")
        fleet = ["--broker", f"mqtts://localhost:{self.port}", "--identity", self.own]
        fleet += [
            "--authority",
            self.ca,
            "--enrolment-identity",
            self.own,
            "--enrolment-bind",
            "127.0.0.1",
        ]
        fleet += ["--enrolment-port", self.enrolment_port, "--database", self.database]
        self.start("cloud.fleet", "serve", *fleet, ready="fleet.connected")

    def close(self):
        self._programs.close()

    def start(self, *words, ready):
        """Start a program and wait for a line of its output that holds `ready`."""
        process = start_program(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        is_ready = threading.Event()
        lines = []

        def read():
            for line in process.stdout:
                lines.append(line)
                if ready in line:
                    is_ready.set()

        reader = threading.Thread(target=read)
        reader.start()

        def end():
            process.terminate()
            process.wait(PATIENCE_S)
            reader.join()
            process.stdout.close()
            assert process.returncode == 0, "".join(lines[-20:])

        self._programs.callback(end)
        assert is_ready.wait(PATIENCE_S), "".join(lines)

    def provisioning(self, *words):
        return self._run(provisioning_main, *words)

    def fleet(self, *words):
        return self._run(fleet_main, *words, "--database", self.database)

    def _run(self, main, *words):
        """The output of a command, run in this process, since starting Python is slow."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = main([*map(str, words)])
        assert status == 0, output.getvalue()
        return output.getvalue()


@pytest.fixture
def machine(tmp_path):
    machine = OperatorMachine(tmp_path)
    machine.open()
    yield machine
    machine.close()
