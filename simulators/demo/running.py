"""The programs of the demonstration, and how it waits for their answers."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any, Final
from urllib.parse import urlsplit

from simulators.demo.console import print_step
from simulators.servers.mosquitto import Mosquitto
from simulators.servers.process_group import NOTHING, ProcessGroup

RESULTS_WITHIN_S: Final = 150.0


class DemoError(RuntimeError):
    """The demonstration produced no result."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The running demonstration: its processes and addresses."""

    processes: ProcessGroup
    broker: Mosquitto
    folder: Path
    api: str

    @property
    def database(self) -> str:
        """URL of the cloud's database."""
        return f"sqlite:///{self.folder / 'onlooker.db'}"


def start_server(
    demo: Demo,
    access: str,
    environment: Mapping[str, str] = NOTHING,
    options: Sequence[str] = (),
) -> Popen[bytes]:
    """The API at the address of the demonstration, when it is ready."""
    with print_step("API"):
        port = str(urlsplit(demo.api).port)
        serve = ["cloud", "serve", "--port", port, "--access", access, "--database", demo.database]
        serve += options
        process = demo.processes.start("serve", serve, environment)
        wait_for(demo, "/readyz", lambda ready: True)
    return process


def wait_for(demo: Demo, path: str, satisfied: Callable[[Any], bool]) -> Any:
    """Query the API until its answer satisfies the condition; raises DemoError."""
    deadline = time.monotonic() + RESULTS_WITHIN_S
    while time.monotonic() < deadline:
        demo.processes.check()
        try:
            with urllib.request.urlopen(demo.api + path, timeout=5) as answer:  # noqa: S310  loopback
                body = json.load(answer)
            if satisfied(body):
                return body
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            pass  # not ready yet
        time.sleep(0.3)
    raise DemoError(
        f"{path} returned no result within {RESULTS_WITHIN_S:.0f} s; see {demo.folder / 'logs'}"
    )
