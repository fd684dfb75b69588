"""Compiles the broker's auth plugin when it is missing or older than its source."""

import functools
import subprocess
from pathlib import Path

from provisioning.broker import auth_plugin


@functools.cache
def build_auth_plugin() -> Path:
    """The path of the plugin; a machine without a compiler fails the test with the remedy."""
    path = auth_plugin.DEFAULT_PATHS[0]
    subprocess.run([auth_plugin.BUILD_SCRIPT, path], check=True)
    return path
