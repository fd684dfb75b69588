"""Targets of notifications: a web service, a mail address, a topic of Amazon SNS, or the log.

A target is validated when it is read, not at the first alert. Errors name no
part of the target: the path of a webhook is a secret.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from cloud.messaging.failures import TargetError as TargetError
from wire.addresses import WEB_SCHEMES, NetworkAddress, parse_address
from wire.hosts import AddressError

LONGEST_MAIL: Final = 254
_MAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
)
_TOPIC: Final = re.compile(
    r"arn:aws[a-z-]{0,20}:sns:(?P<region>[a-z0-9-]{1,30}):[0-9]{12}:[A-Za-z0-9_.-]{1,256}"
)
KINDS: Final = "https://, http://, mailto:, sns: or log:"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A web service that takes a POST of JSON."""

    address: NetworkAddress

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mail address."""

    address: str

    def __str__(self) -> str:
        return f"mailto:{self.address}"


@dataclass(frozen=True, slots=True)
class SnsTopic:
    """A topic of Amazon SNS."""

    arn: str
    region: str

    def __str__(self) -> str:
        return f"sns:{self.arn}"


@dataclass(frozen=True, slots=True)
class LogTarget:
    """The program's own log."""

    kind: Literal["log"] = "log"

    def __str__(self) -> str:
        return "log:"


Target = Webhook | Mailbox | SnsTopic | LogTarget


def parse_target(text: str) -> Target:
    """Read a recipient's `to`, or TargetError with what is wrong with it."""
    scheme, _, rest = text.partition(":")
    if scheme in WEB_SCHEMES:
        return _webhook(text)
    if scheme == "mailto":
        return _mailbox(rest)
    if scheme == "sns":
        return _topic(rest)
    if text == "log:":
        return LogTarget()
    raise TargetError(f"`to` is no target: begin it with {KINDS}")


def _webhook(text: str) -> Webhook:
    try:
        address = parse_address(text, WEB_SCHEMES)
    except AddressError as error:
        raise TargetError(str(error)) from None
    try:
        address.host.encode("idna")
    except UnicodeError:
        raise TargetError("the host of the address is not a host name") from None
    return Webhook(address)


def _mailbox(address: str) -> Mailbox:
    is_plain = _MAIL.fullmatch(address) and ".." not in address and len(address) <= LONGEST_MAIL
    if not is_plain:
        raise TargetError(
            "the mail address cannot be read: write mailto:name@example.com, one address, "
            "without blanks, line breaks or a query"
        )
    return Mailbox(address)


def _topic(arn: str) -> SnsTopic:
    found = _TOPIC.fullmatch(arn)
    if found is None:
        raise TargetError("the topic cannot be read: write sns:arn:aws:sns:REGION:ACCOUNT:NAME")
    return SnsTopic(arn, found["region"])
