"""Mosquitto's access file, from the one table of rules and the register of certificates.

What binds a location is written out for every device, since Mosquitto knows a client's common name
only. Anything not listed is refused. Mosquitto reads the file when it starts and on SIGHUP.
"""

from collections.abc import Iterable
from typing import Final

from provisioning.access_rules import DEVICE_RULES, SERVICE_RULES, Rule, TopicAction, rules_for
from wire.topics import DeviceAddress

MOSQUITTO_VERBS: Final = {TopicAction.SAY: "write", TopicAction.HEAR: "read"}


def render(devices: Iterable[DeviceAddress], services: Iterable[str] = ()) -> str:
    """The whole file; a device that stands twice is written once."""
    lines = ["# Written by `python -m provisioning broker`; changes here are lost."]
    for name in sorted({*SERVICE_RULES, *services}):
        lines += [f"user {name}", *(_line("topic", rule, rule.topic) for rule in rules_for(name))]
    bound = [rule for rule in DEVICE_RULES if rule.binds_location()]
    for address in sorted(set(devices), key=lambda one: (one.device, one.location)):
        names = {"location": address.location, "device": address.device}
        lines += [f"user {address.device}"]
        lines += [_line("topic", rule, rule.topic.format(**names)) for rule in bound]
    free = [rule for rule in DEVICE_RULES if not rule.binds_location()]
    lines += [_line("pattern", rule, rule.topic.format(device="%u")) for rule in free]
    return "\n".join([*lines, ""])


def _line(kind: str, rule: Rule, topic: str) -> str:
    return f"{kind} {MOSQUITTO_VERBS[rule.verb]} {topic}"
