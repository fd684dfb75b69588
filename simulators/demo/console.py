"""What the demonstration prints: steps with their time, and lines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def print_step(what: str) -> Iterator[None]:
    """Print what is done, and how long it took."""
    started = time.monotonic()
    sys.stdout.write(f"{what:<50s} ")
    sys.stdout.flush()
    yield
    print_line(f"{time.monotonic() - started:5.1f} s")


def print_line(text: str) -> None:
    """Print one or several lines at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
