"""The models that a configuration may name: the agent's own, those that cameras run, those sent.

A camera rejects a name that it does not know, after the change was written for the whole fleet.
So a name that no device can know is refused in the preview, with the names that are known.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from cloud.database import device_status
from cloud.fleet.tables import jobs

BUILT_IN: Final[Mapping[str, str]] = {
    "detector": "onlooker-face",
    "attention": "onlooker-attention",
}


def known_models(connection: Connection) -> dict[str, set[str]]:
    """Names by setting, as heartbeats report them and jobs contain them."""
    found = {setting: {name} for setting, name in BUILT_IN.items()}
    for beat in connection.execute(select(device_status.c.heartbeat)).scalars():
        versions = _object(_object(beat).get("versions"))
        for setting, names in found.items():
            names.add(str(versions.get(setting, "")).partition(":")[0])
    for document in connection.execute(select(jobs.c.document)).scalars():
        sent = _object(document)
        if sent.get("operation") == "model":
            found["detector"].add(str(sent.get("version", "")).partition(":")[0])
    return {setting: names - {""} for setting, names in found.items()}


def known_detectors(connection: Connection) -> set[str]:
    """Detectors that devices run or earlier jobs named: `NAME:VERSION` and `NAME`."""
    found = {BUILT_IN["detector"]}
    for beat in connection.execute(select(device_status.c.heartbeat)).scalars():
        found.add(str(_object(_object(beat).get("versions")).get("detector", "")))
    for document in connection.execute(select(jobs.c.document)).scalars():
        sent = _object(document)
        if sent.get("operation") == "model":
            found |= {str(sent.get(name) or "") for name in ("version", "replaces")}
    return (found | {name.partition(":")[0] for name in found}) - {""}


def _object(value: object) -> Mapping[str, Any]:
    """A JSON object, or the text of one; an empty one for anything else."""
    found = value
    if isinstance(value, str | bytes):
        try:
            found = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {}
    return found if isinstance(found, dict) else {}
