"""A group of processes that start and stop together. Each writes to its own log file."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

STOP_WITHIN_S: Final = 20.0
NOTHING: Final[Mapping[str, str]] = {}
StartProgram = Callable[..., subprocess.Popen[bytes]]
"""Starts the program of these words, with the options of `subprocess.Popen`."""


class ProcessGroupError(RuntimeError):
    """A process exited unexpectedly."""


def start_python(words: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start `python -m words`."""
    return subprocess.Popen([sys.executable, "-m", *words], **options)  # noqa: S603  our own interpreter and modules


class ProcessGroup:
    """Starts `python -m ...` processes, detects when one exits, stops them newest first."""

    def __init__(self, logs: Path, start_program: StartProgram = start_python) -> None:
        self._logs = logs
        self._start_program = start_program
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] = NOTHING
    ) -> subprocess.Popen[bytes]:
        """Start `python -m arguments`; its output goes to `name`.log.

        `environment` adds variables to those of this process.
        """
        with self.log(name).open("ab") as log:
            process = self._start_program(
                arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
                start_new_session=True,  # Ctrl-C reaches only the parent, which stops them in order
            )
        self._running.append((name, process))
        return process

    def run(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str] = NOTHING,
        input_text: str = "",
    ) -> str:
        """Run `python -m arguments` to its end and return what it printed.

        `input_text` is its standard input.
        """
        with self.log(name).open("wb") as log:
            process = self._start_program(
                arguments,
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.PIPE,
                env={**os.environ, **environment},
            )
            with process:
                try:
                    output, _ = process.communicate(input_text.encode())
                except BaseException:
                    process.kill()
                    raise
        if process.returncode:
            raise ProcessGroupError(self._exit_report(name, process.returncode))
        return output.decode(errors="replace")

    def check(self) -> None:
        """Raise ProcessGroupError if a process has exited."""
        for name, process in self._running:
            if process.poll() is not None:
                raise ProcessGroupError(self._exit_report(name, process.returncode))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill one process, as a power cut would; `check` then ignores it."""
        self._running = [(name, other) for name, other in self._running if other is not process]
        process.kill()
        process.wait()

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Stop one process; kill it if it runs longer than `STOP_WITHIN_S`."""
        self._running = [(name, other) for name, other in self._running if other is not process]
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """Stop all processes, newest first; kill any that runs longer than `STOP_WITHIN_S`."""
        while self._running:
            self.end(self._running[-1][1])

    def log(self, name: str) -> Path:
        """Log file of `name`."""
        return self._logs / f"{name}.log"

    def _exit_report(self, name: str, code: int) -> str:
        last = self.log(name).read_text(errors="replace").strip().splitlines()[-8:]
        return "\n  ".join([f"{name} exited with code {code}. End of its log:", *last])
