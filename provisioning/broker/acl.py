"""Mosquitto's access file, rendered from the access rules and the register of certificates.

Mosquitto identifies a client by its common name only, so rules that depend on the location are
written for every device. Everything else is refused. Mosquitto reads the file when it starts and on
SIGHUP.
"""

from collections.abc import Iterable
from typing import Final

from provisioning.access_rules import (
    DEVICE_RULES,
    SERVICE_RULES,
    AccessRule,
    TopicAction,
    rules_for,
)
from wire.topics import DeviceAddress

MOSQUITTO_ACCESS: Final = {TopicAction.PUBLISH: "write", TopicAction.SUBSCRIBE: "read"}


def render(devices: Iterable[DeviceAddress], services: Iterable[str] = ()) -> str:
    """Render the file; duplicates of a device are written once."""
    lines = ["# Written by `python -m provisioning broker`; do not edit."]
    for name in sorted({*SERVICE_RULES, *services}):
        lines += [f"user {name}", *(_line("topic", rule, rule.topic) for rule in rules_for(name))]
    by_location = [rule for rule in DEVICE_RULES if rule.binds_location()]
    for address in sorted(set(devices), key=lambda one: (one.device, one.location)):
        names = {"location": address.location, "device": address.device}
        lines += [f"user {address.device}"]
        lines += [_line("topic", rule, rule.topic.format(**names)) for rule in by_location]
    by_device = [rule for rule in DEVICE_RULES if not rule.binds_location()]
    lines += [_line("pattern", rule, rule.topic.format(device="%u")) for rule in by_device]
    return "\n".join([*lines, ""])


def _line(kind: str, rule: AccessRule, topic: str) -> str:
    return f"{kind} {MOSQUITTO_ACCESS[rule.action]} {topic}"
