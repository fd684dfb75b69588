"""Where the broker's guard is: `guard.c`, compiled on each machine, for the Mosquitto there.

A broker does not start without it unless a person says so: a door that tells of nobody looks like
a door at which nobody knocks.
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
    "no guard at the door: whoever asks for another's client id gets his own without a word, "
    "is not refused and stands in no audit"
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
        f"(sh {SCRIPT}), name it with --guard or {VARIABLE}, or start with --unguarded "
        f"({UNGUARDED})"
    )
