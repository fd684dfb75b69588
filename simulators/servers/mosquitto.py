"""A Mosquitto on loopback, for the demonstration and for tests. Not for a network.

It listens on 127.0.0.1 without passwords or certificates and stores nothing.
"""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

BINARY_DIRS: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
READY_WITHIN_S: Final = 10.0
PORTS: Final = range(20_000, 32_000)  # below Linux's and macOS's ports for outgoing connections


class MosquittoError(RuntimeError):
    """Mosquitto is not installed or does not start."""


def free_port() -> int:
    """A TCP port on loopback that is free at the moment.

    It is a random port below the range of outgoing connections, so that another process is unlikely
    to take it before it is used.
    """
    for port in random.sample(PORTS, k=100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise MosquittoError(f"no free TCP port found between {PORTS.start} and {PORTS.stop - 1}")


def find_binary() -> str:
    """Path of the program; folders that only root has in PATH are searched too."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=":".join(BINARY_DIRS))
    if found is None:
        raise MosquittoError(
            "mosquitto was not found: install it (Debian: apt-get install mosquitto, "
            "macOS: brew install mosquitto)"
        )
    return found


class Mosquitto:
    """One broker process in its own folder; `start` again after `kill` keeps the port."""

    host: Final = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        largest_bytes: int = 0,
        largest_packet_bytes: int = 0,
    ) -> None:
        """The broker refuses messages larger than `largest_bytes`; 0 means no limit.

        A packet larger than `largest_packet_bytes` ends its connection. A client of MQTT 5 receives
        the limit when it connects.
        """
        self.folder = folder
        self.port = port or free_port()
        self._largest_bytes = largest_bytes
        self._largest_packet_bytes = largest_packet_bytes
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address for `--broker`."""
        return f"mqtt://{self.host}:{self.port}"

    def start(self) -> None:
        """Start the process and wait until it accepts connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text(self._config())
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  the path comes from `binary`
                [find_binary(), "-c", str(config)], stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_ready(self._process)

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Terminate it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=10)

    def restart(self) -> None:
        """Kill it and start it again on the same port."""
        self.kill()
        self.start()

    def _config(self) -> str:
        as_root = ["user root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        lines = [
            f"listener {self.port} {self.host}",
            "allow_anonymous true",
            "persistence false",
            "set_tcp_nodelay true",
            "max_queued_messages 0",
            f"message_size_limit {self._largest_bytes}",
            "log_type error",
            "log_type warning",
        ]
        if self._largest_packet_bytes:
            lines.append(f"max_packet_size {self._largest_packet_bytes}")
        return "\n".join([*lines, *as_root, ""])

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise MosquittoError(f"mosquitto exited at once: {self._log_tail()}")
            with socket.socket() as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise MosquittoError(
            f"mosquitto did not listen on port {self.port} within {READY_WITHIN_S:.0f} s"
        )

    def _log_tail(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")[-500:].strip()
