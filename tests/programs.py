"""Starts our programs (`python -m cloud ...`) as processes, fast where that is possible."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.program_server import Program, ProgramServer

SERVERS: list[ProgramServer] = []
"""That of this process of tests, while it runs the groups of `--processes`."""


class ForkedProgram(subprocess.Popen[Any]):
    """A `Popen` whose process is a fork of a program server, with all that a `Popen` can do."""

    def _execute_child(  # type: ignore[no-untyped-def]
        self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo,
        creationflags, shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
        restore_signals, gid, gids, uid, umask, start_new_session, process_group,
    ):  # fmt: skip
        words = [os.fspath(word) for word in args]
        environment = dict(os.environ if env is None else env)
        program = Program(words, environment, os.fspath(cwd or Path.cwd()), start_new_session)
        ends = (p2cread, c2pwrite, errwrite)
        streams = [number if end == -1 else end for number, end in enumerate(ends)]
        try:
            self.pid = SERVERS[0].start(program, streams)
            self._child_created = True
        finally:
            self._close_pipe_fds(  # type: ignore[attr-defined]
                p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite
            )


def start_program(words: Sequence[Any], **options: Any) -> "subprocess.Popen[Any]":
    """Start `python -m words`; the options are those of `subprocess.Popen`."""
    if SERVERS:
        return ForkedProgram(list(map(str, words)), **options)
    return subprocess.Popen([sys.executable, "-m", *map(str, words)], **options)


def run_program(words: Sequence[Any], **options: Any) -> "subprocess.CompletedProcess[Any]":
    """Run `python -m words` to its end, its output captured."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start_program(words, **(pipes | options)) as process:
        output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
