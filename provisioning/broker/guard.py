"""Finds the broker's auth plugin: `guard.c`, compiled on each machine for its Mosquitto.

Without the plugin, rejected client ids are not logged. So a broker starts without it only on
request.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from provisioning.broker.settings import BrokerError

ROOM: Final = Path(__file__).resolve().parent
SCRIPT: Final = ROOM.parent / "local" / "guard.sh"
VARIABLE: Final = "ONLOOKER_BROKER_GUARD"
PLACES: Final = (ROOM.parents[1] / "build/guard.so", Path("/usr/local/lib/onlooker/guard.so"))
UNGUARDED: Final = (
    "without the auth plugin a client that asks for another client id is given its own: "
    "it is neither rejected nor logged"
)


def found(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that was named, here or in the environment, or one in a usual place."""
    wanted = named or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    places = PLACES if wanted is None else (wanted,)
    for place in places:
        if place.is_file():
            return place.resolve()
    raise BrokerError(
        f"no auth plugin at {' nor '.join(map(str, places))}: compile it "
        f"(sh {SCRIPT}), name it with --guard or {VARIABLE}, "
        f"or start with --unguarded ({UNGUARDED})"
    )
