"""Finds the broker's auth plugin: `auth_plugin.c`, compiled on each machine for its Mosquitto.

Without the plugin, rejected client ids are not logged. So a broker starts without it only on
request.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from provisioning.broker.settings import BrokerError

PACKAGE: Final = Path(__file__).resolve().parent
BUILD_SCRIPT: Final = PACKAGE.parent / "local" / "auth_plugin.sh"
VARIABLE: Final = "ONLOOKER_AUTH_PLUGIN"
DEFAULT_PATHS: Final = (
    PACKAGE.parents[1] / "build/auth_plugin.so",
    Path("/usr/local/lib/onlooker/auth_plugin.so"),
)
WITHOUT_PLUGIN: Final = (
    "without the auth plugin, a client with a wrong client id is neither rejected nor "
    "logged: Mosquitto replaces the id"
)


def find_plugin(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The plugin at the given path, the path in the environment, or a default path."""
    wanted = named or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    places = DEFAULT_PATHS if wanted is None else (wanted,)
    for place in places:
        if place.is_file():
            return place.resolve()
    raise BrokerError(
        f"no auth plugin at {' nor '.join(map(str, places))}: compile it "
        f"(sh {BUILD_SCRIPT}), name it with --auth-plugin or {VARIABLE}, "
        f"or start with --no-auth-plugin ({WITHOUT_PLUGIN})"
    )
