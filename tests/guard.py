"""The broker's guard, compiled for the tests when it is not there or older than its source."""

import functools
import subprocess
from pathlib import Path

from provisioning.broker import guard


@functools.cache
def built() -> Path:
    """Where it is; a machine without a compiler fails the test, with the remedy."""
    made = guard.PLACES[0]
    subprocess.run([guard.SCRIPT, made], check=True)
    return made
