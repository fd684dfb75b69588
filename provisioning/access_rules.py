"""Which client may publish and subscribe to which topics: the source of every broker's rules.

Written in terms of `wire` alone. `{location}` and `{device}` stand for the holder's own names, `+`
for one level, a last `#` for all below. The rules of Mosquitto and of AWS IoT are both rendered
from this table, so that the same attempt is refused on both.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provisioning.authority.profiles import SERVICE_PREFIX
from wire.fleet.device_config import JOB_REQUESTS, SHADOW_ACTIONS, THINGS
from wire.topics import ROOT, Channel

UPLINK: Final = (Channel.AUDIENCE, Channel.HEARTBEAT, Channel.ALARM, Channel.STATUS)
DOWNLINK: Final = (Channel.ACK,)
RETAINED: Final = (Channel.STATUS,)

OWN: Final = f"{ROOT}/{{location}}/{{device}}"
OWN_THING: Final = f"{THINGS}/{{device}}"


class TopicAction(StrEnum):
    """What is done with a topic."""

    SAY = "say"
    HEAR = "hear"


@dataclass(frozen=True, slots=True)
class Rule:
    """One permission; everything else is refused."""

    verb: TopicAction
    topic: str
    retained: bool = False

    def binds_location(self) -> bool:
        """Whether the location counts, which only a certificate's register can tell."""
        return "{location}" in self.topic


DEVICE_RULES: Final = (
    *(Rule(TopicAction.SAY, f"{OWN}/{channel}", channel in RETAINED) for channel in UPLINK),
    *(Rule(TopicAction.HEAR, f"{OWN}/{channel}") for channel in DOWNLINK),
    *(Rule(TopicAction.SAY, f"{OWN_THING}/shadow/{action}") for action in SHADOW_ACTIONS),
    *(Rule(TopicAction.SAY, f"{OWN_THING}/shadow/name/+/{action}") for action in SHADOW_ACTIONS),
    *(Rule(TopicAction.SAY, f"{OWN_THING}/jobs/{request}") for request in JOB_REQUESTS),
    Rule(TopicAction.HEAR, f"{OWN_THING}/#"),
)

SERVICE_RULES: Final = {
    f"{SERVICE_PREFIX}stream": (
        *(Rule(TopicAction.HEAR, f"{ROOT}/+/+/{channel}") for channel in UPLINK),
        *(Rule(TopicAction.SAY, f"{ROOT}/+/+/{channel}") for channel in DOWNLINK),
    ),
    f"{SERVICE_PREFIX}fleet": (
        Rule(TopicAction.HEAR, f"{THINGS}/#"),
        Rule(TopicAction.SAY, f"{THINGS}/#"),
        Rule(TopicAction.HEAR, f"{ROOT}/+/+/{Channel.STATUS}"),
        Rule(TopicAction.HEAR, f"{ROOT}/+/+/{Channel.HEARTBEAT}"),
    ),
    f"{SERVICE_PREFIX}watch": (
        *(Rule(TopicAction.HEAR, f"{ROOT}/+/+/{channel}") for channel in Channel),
    ),
}


def rules_for(client: str) -> tuple[Rule, ...]:
    """The rules of a client. A number distinguishes instances of a service: `stream.2`."""
    if not client.startswith(SERVICE_PREFIX):
        return DEVICE_RULES
    return SERVICE_RULES.get(client.partition(".")[0], ())


def covers(granted: str, wanted: str) -> bool:
    """Whether every topic of the filter `wanted` is one of the filter `granted`."""
    own, asked = granted.split("/"), wanted.split("/")
    for level, held in enumerate(own):
        if held == "#":
            return True
        if level >= len(asked) or asked[level] == "#":
            return False
        if held != "+" and held != asked[level]:
            return False
    return len(own) == len(asked)


def may_subscribe(rules: tuple[Rule, ...], wanted: str, *, location: str, device: str) -> bool:
    """Whether a subscription, shared or not, lies wholly within what somebody may hear."""
    if wanted.startswith("$share/"):
        wanted = wanted.split("/", 2)[-1]
    return any(
        rule.verb is TopicAction.HEAR
        and covers(rule.topic.format(location=location, device=device), wanted)
        for rule in rules
    )
