"""Starts programs by forks of a process that has loaded them already.

A new interpreter loads modules for half a second, that of `cloud serve` for two, which is most of
what programs do in tests. A process of `pytest --processes` has loaded all modules when it begins:
the program server is a fork of it, made before its first test, and starts programs by further
forks. They end, are killed and waited for as any other child of the test process.
"""

import atexit
import ctypes
import faulthandler
import gc
import json
import logging
import multiprocessing.util
import os
import runpy
import socket
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

REQUEST_BYTES = 1 << 20
STREAMS = 3
SET_CHILD_SUBREAPER = 36  # of prctl(2): orphans below this process become its children
YOUNG_OBJECTS = 700  # Python's own threshold of the garbage collection


@dataclass(frozen=True)
class Program:
    """`python -m words`, with its environment and working folder."""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: str
    has_own_session: bool = False


class ProgramServer:
    """A fork that waits for programs to start.

    The caller has no other thread yet: a lock that another thread holds would stay locked in it.
    """

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, REQUEST_BYTES)
        self._lock = threading.Lock()
        self._pid = os.fork()
        if self._pid == 0:
            self._line.close()
            _serve(theirs)
        theirs.close()

    def start(self, program: Program, streams: Sequence[int]) -> int:
        """Start a program with these as its standard streams; its process id, of our child."""
        assert len(streams) == STREAMS
        with self._lock:
            _adopt_orphans(True)
            try:
                request = json.dumps(asdict(program)).encode()
                socket.send_fds(self._line, [request], streams)
                return int(self._line.recv(REQUEST_BYTES))
            finally:
                _adopt_orphans(False)

    def stop(self) -> None:
        """End the server; programs that run go on."""
        self._line.close()
        os.waitpid(self._pid, 0)


def _adopt_orphans(does: bool) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(SET_CHILD_SUBREAPER, int(does), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _serve(line: socket.socket) -> None:
    """Start programs until the other end of the line is closed; never returns."""
    try:
        os.setsid()  # Ctrl-C is for the tests, which stop what they started
        faulthandler.disable()
        _close_all_but(line.fileno())
        _forget_tests()
        while True:
            request, streams, *_ = socket.recv_fds(line, REQUEST_BYTES, STREAMS)
            if not request:
                break
            line.send(b"%d" % _fork_twice(Program(**json.loads(request)), streams))
            for stream in streams:
                os.close(stream)
    finally:
        os._exit(0)


def _forget_tests() -> None:
    """Log and exit as a new interpreter does: what pytest has added is for the tests."""
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    atexit._clear()
    atexit.register(multiprocessing.util._exit_function)


def _close_all_but(kept: int) -> None:
    highest = os.sysconf("SC_OPEN_MAX")
    os.closerange(STREAMS, kept)
    os.closerange(kept + 1, highest)


def _fork_twice(program: Program, streams: Sequence[int]) -> int:
    """Fork a process whose parent ends at once, so that it becomes a child of the tests."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        pid = os.fork()
        if pid == 0:
            _run(program, streams)
        os.write(writer, b"%d" % pid)
        os._exit(0)
    os.close(writer)
    os.waitpid(parent, 0)
    pid = int(os.read(reader, REQUEST_BYTES))
    os.close(reader)
    return pid


def _run(program: Program, streams: Sequence[int]) -> None:
    """Run a program as a new interpreter would, and end the process; never returns."""
    status: object = 1
    try:
        _take_streams(streams, is_buffered="PYTHONUNBUFFERED" not in program.environment)
        _take_surroundings(program)
        module, *arguments = program.words
        sys.modules.pop(f"{module}.__main__", None)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code or 0
        if not isinstance(status, int):
            sys.stderr.write(f"{status}\n")
            status = 1
    except BaseException:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
    finally:
        _end(status if isinstance(status, int) else 1)


def _take_streams(streams: Sequence[int], *, is_buffered: bool) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", closefd=False, errors="backslashreplace")  # noqa: SIM115
    sys.stdout.reconfigure(line_buffering=not is_buffered, write_through=not is_buffered)
    sys.stderr.reconfigure(line_buffering=True)


def _take_surroundings(program: Program) -> None:
    if program.has_own_session:
        os.setsid()
    os.environ.clear()
    os.environ.update(program.environment)
    sys.path[:0] = filter(None, program.environment.get("PYTHONPATH", "").split(os.pathsep))
    time.tzset()
    os.chdir(program.folder)
    gc.set_threshold(YOUNG_OBJECTS)


def _end(status: int) -> None:
    """End as the interpreter does, without deleting a million objects one by one."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
        atexit._run_exitfuncs()
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
