"""Compiles the broker's auth plugin when it is missing or older than its source."""

import functools
import subprocess
from pathlib import Path

from provisioning.broker import auth_plugin


@functools.cache
def built() -> Path:
    """Where it is; a machine without a compiler fails the test, with the remedy."""
    made = auth_plugin.DEFAULT_PATHS[0]
    subprocess.run([auth_plugin.BUILD_SCRIPT, made], check=True)
    return made
