"""Ctrl-C ends the process also where a library ignores it."""

import subprocess
import sys

import pytest

from wire.process.interrupts import INTERRUPTED, exit_on_interrupt, run_interruptible

IN_A_FINALIZER = """
import os, signal
from wire.process.interrupts import run_interruptible
class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass
def run():
    Dying()
    print("went on")
    return 0
raise SystemExit(run_interruptible(run))
"""
LOADING = """
import os, signal
from wire.process.interrupts import exit_on_interrupt
with exit_on_interrupt():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass
    except BaseException:
        pass
print("went on")
"""

EXITING = """
import os, signal, threading, time
from wire.process.interrupts import exit_program
def interrupt():
    while threading.main_thread().is_alive():
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05)
def run():
    threading.Thread(target=interrupt).start()
    return 3
exit_program(run)
"""


@pytest.mark.parametrize("program", [IN_A_FINALIZER, LOADING])
def test_an_interrupt_that_would_be_swallowed_ends_the_process(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "")


def test_an_interrupt_while_the_last_thread_ends_is_ignored():
    done = subprocess.run([sys.executable, "-c", EXITING], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


def test_other_statuses_and_hooks_stay_as_they_were():
    before = sys.unraisablehook
    assert run_interruptible(lambda: 3) == 3
    assert sys.unraisablehook is before
    with exit_on_interrupt(), pytest.raises(ValueError, match="x"):
        raise ValueError("x")
