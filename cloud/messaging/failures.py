"""Why a message was not delivered, as a sentence that names no secret, and what follows from it."""

import http.client
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureKind(StrEnum):
    """The kind of a failure, which decides about further attempts."""

    AWAY = "away"  # the recipient cannot be reached: nothing is tried for a while
    LATER = "later"  # it answers that it cannot take this message now
    REFUSED = "refused"  # it answers that it will not take this message


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """Why a message was not delivered; `status` where a web service has answered.

    Where the outcome is not known, the message was sent and no answer came: it may have arrived.
    """

    reason: str
    fault: FailureKind = FailureKind.AWAY
    status: int | None = None
    is_outcome_known: bool = True


class TargetError(ValueError):
    """A target that nothing can be sent to; the message has no part of it."""


class PrivateAddressError(OSError):
    """A host whose addresses are not those of the public internet."""

    def __init__(self) -> None:
        super().__init__("the host has no address of the public internet: nothing was sent to it")


class FailedCallError(Exception):
    """A call that ended with an answer which is a failure."""

    def __init__(
        self,
        reason: str,
        fault: FailureKind,
        status: int | None = None,
        *,
        is_outcome_known: bool = True,
    ) -> None:
        super().__init__(reason)
        self.failure = DeliveryFailure(reason, fault, status, is_outcome_known)


UNREACHABLE: Final = (OSError, http.client.HTTPException, smtplib.SMTPException, TargetError)
"""Errors that are the recipient's; any other may be this message's own, and stops no other."""


def run_call(call: Callable[[], None]) -> DeliveryFailure | None:
    """Run a call to another system; how it failed, when it did.

    This is a boundary: what is at the other end may do anything, and no exception leaves it.
    """
    try:
        call()
    except FailedCallError as error:
        return error.failure
    except PrivateAddressError as error:
        return DeliveryFailure(str(error), FailureKind.REFUSED)
    except Exception as error:  # noqa: BLE001 - the boundary: see above
        fault = FailureKind.AWAY if isinstance(error, UNREACHABLE) else FailureKind.LATER
        return DeliveryFailure(describe_error(error), fault)
    return None


def describe_error(error: Exception) -> str:
    """A sentence for what went wrong. The error's own text may quote an address or an answer."""
    if isinstance(error, TargetError):
        return str(error)  # ours
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "TLS could not be agreed on: is it a TLS port?"
    if isinstance(error, TimeoutError):
        return "no complete answer in time"
    if isinstance(error, http.client.HTTPException):
        return "what it answered is not HTTP"
    if isinstance(error, smtplib.SMTPException):
        return "the relay ended the connection or does not speak SMTP"
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)[:200].lower()
    return f"the delivery failed: {type(error).__name__}"
