"""Which client may publish and subscribe to which topics.

`{location}` and `{device}` are replaced by the names in the client's certificate. `+` matches one
topic level, a final `#` all levels below. The rules of Mosquitto and of AWS IoT are both rendered
from this table, so both refuse the same attempts.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from provisioning.authority.profiles import SERVICE_PREFIX
from wire.fleet.device_config import JOB_REQUESTS, SHADOW_ACTIONS, THINGS
from wire.topics import RETAIL_FILTER, ROOT, Channel

UPLINK: Final = (Channel.AUDIENCE, Channel.HEARTBEAT, Channel.ALARM, Channel.STATUS)
DOWNLINK: Final = (Channel.ACK,)
RETAINED: Final = (Channel.STATUS,)

OWN: Final = f"{ROOT}/{{location}}/{{device}}"
OWN_THING: Final = f"{THINGS}/{{device}}"


class TopicAction(StrEnum):
    """What a client does with a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One permission; everything else is refused."""

    action: TopicAction
    topic: str
    retained: bool = False

    def binds_location(self) -> bool:
        """Whether the rule depends on the location, which is in the register of certificates."""
        return "{location}" in self.topic


DEVICE_RULES: Final = (
    *(
        AccessRule(TopicAction.PUBLISH, f"{OWN}/{channel}", channel in RETAINED)
        for channel in UPLINK
    ),
    *(AccessRule(TopicAction.SUBSCRIBE, f"{OWN}/{channel}") for channel in DOWNLINK),
    *(AccessRule(TopicAction.PUBLISH, f"{OWN_THING}/shadow/{action}") for action in SHADOW_ACTIONS),
    *(
        AccessRule(TopicAction.PUBLISH, f"{OWN_THING}/shadow/name/+/{action}")
        for action in SHADOW_ACTIONS
    ),
    *(AccessRule(TopicAction.PUBLISH, f"{OWN_THING}/jobs/{request}") for request in JOB_REQUESTS),
    AccessRule(TopicAction.SUBSCRIBE, f"{OWN_THING}/#"),
)

SERVICE_RULES: Final = {
    f"{SERVICE_PREFIX}stream": (
        *(AccessRule(TopicAction.SUBSCRIBE, f"{ROOT}/+/+/{channel}") for channel in UPLINK),
        *(AccessRule(TopicAction.PUBLISH, f"{ROOT}/+/+/{channel}") for channel in DOWNLINK),
    ),
    f"{SERVICE_PREFIX}fleet": (
        AccessRule(TopicAction.SUBSCRIBE, f"{THINGS}/#"),
        AccessRule(TopicAction.PUBLISH, f"{THINGS}/#"),
        AccessRule(TopicAction.SUBSCRIBE, f"{ROOT}/+/+/{Channel.STATUS}"),
        AccessRule(TopicAction.SUBSCRIBE, f"{ROOT}/+/+/{Channel.HEARTBEAT}"),
    ),
    f"{SERVICE_PREFIX}watch": (
        *(AccessRule(TopicAction.SUBSCRIBE, f"{ROOT}/+/+/{channel}") for channel in Channel),
    ),
    f"{SERVICE_PREFIX}retail": (AccessRule(TopicAction.SUBSCRIBE, RETAIL_FILTER),),
    f"{SERVICE_PREFIX}shops": (AccessRule(TopicAction.PUBLISH, RETAIL_FILTER),),
}


def rules_for(client: str) -> tuple[AccessRule, ...]:
    """The rules of a client. A number distinguishes instances of a service: `stream.2`."""
    if not client.startswith(SERVICE_PREFIX):
        return DEVICE_RULES
    return SERVICE_RULES.get(client.partition(".")[0], ())


def covers(granted: str, wanted: str) -> bool:
    """Whether every topic of the filter `wanted` is one of the filter `granted`."""
    own, requested = granted.split("/"), wanted.split("/")
    for level, held in enumerate(own):
        if held == "#":
            return True
        if level >= len(requested) or requested[level] == "#":
            return False
        if held != "+" and held != requested[level]:
            return False
    return len(own) == len(requested)


def may_subscribe(
    rules: tuple[AccessRule, ...], wanted: str, *, location: str, device: str
) -> bool:
    """Whether the rules cover all topics of a subscription, shared or not."""
    if wanted.startswith("$share/"):
        wanted = wanted.split("/", 2)[-1]
    return any(
        rule.action is TopicAction.SUBSCRIBE
        and covers(rule.topic.format(location=location, device=device), wanted)
        for rule in rules
    )
