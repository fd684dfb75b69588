"""Stripe: PaymentIntents and refunds, and webhooks signed with one of up to two secrets.

Two secrets are valid while a secret is replaced. The time of a signature is compared with our
clock, in both directions: the library only refuses old ones, by its own clock.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import stripe

from cloud.billing.payments.provider import (
    Amount,
    NewPayment,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    ProviderRefusedError,
    ProviderUnavailableError,
    WebhookRefusedError,
)
from cloud.billing.payments.stripe_amounts import to_stripe
from cloud.billing.payments.stripe_objects import (
    OUR_ID,
    OUR_KEY,
    read_event_body,
    read_intent,
    read_refund,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams

TOLERANCE: Final = timedelta(minutes=5)
KEYS_LIVE_FOR: Final = timedelta(hours=24)
"""Stripe deletes keys that are at least 24 hours old: docs.stripe.com/api/idempotent_requests."""
CONNECT_S: Final = 5.0
ANSWER_S: Final = 20.0
PAGE: Final = 100
MOST_SECRETS: Final = 2
CONFLICT: Final = 409
_SIGNED_AT: Final = re.compile(r"t=([0-9]{1,12})(?:,|$)", re.ASCII)
"""The first part of a signature, the time that the library verifies with the content."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """Keys of an account at Stripe; `url` replaces Stripe's address in tests and in the demo."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False, default=())
    url: str | None = None
    return_url: str | None = None


class StripeProvider:
    """Implements `PaymentProvider` with Stripe's own library."""

    name = "stripe"
    extends_credit = False
    remembers_keys_for = KEYS_LIVE_FOR

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings
        self._http = stripe.RequestsClient(timeout=(CONNECT_S, ANSWER_S))
        self._client = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": settings.url} if settings.url else {},
            max_network_retries=0,  # a call is repeated with its key by `complete_calls`
            http_client=self._http,
        )

    @property
    def is_simulated(self) -> bool:
        """Whether another address replaces that of Stripe."""
        return self._settings.url is not None

    def close(self) -> None:
        """Close the connections of this thread."""
        self._http.close()  # type: ignore[no-untyped-call]

    def create(self, new: NewPayment, key: str) -> ProviderPayment:
        """See `PaymentProvider`."""
        amount = to_stripe(new.amount_minor, new.currency)
        intents = self._client.v1.payment_intents
        return self._read(
            read_intent,
            lambda: intents.create(
                {
                    "amount": amount,
                    "currency": new.currency.lower(),
                    "capture_method": "manual" if new.is_manual else "automatic",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {OUR_ID: new.payment},
                },
                {"idempotency_key": key},
            ),
        )

    def confirm(self, reference: str, method: str, key: str) -> ProviderPayment:
        """See `PaymentProvider`."""
        params: PaymentIntentConfirmParams = {"payment_method": method}
        if self._settings.return_url:
            params["return_url"] = self._settings.return_url
        intents = self._client.v1.payment_intents
        try:
            return self._read(
                read_intent, lambda: intents.confirm(reference, params, {"idempotency_key": key})
            )
        except ProviderRefusedError as refused:
            declined = refused.__cause__
            body: Any = declined.json_body if isinstance(declined, stripe.CardError) else None
            intent = body["error"].get("payment_intent") if body else None
            if intent is None:
                raise
            return read_intent(intent)

    def capture(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """See `PaymentProvider`."""
        taken = to_stripe(amount.minor, amount.currency)
        intents = self._client.v1.payment_intents
        return self._read(
            read_intent,
            lambda: intents.capture(
                reference, {"amount_to_capture": taken}, {"idempotency_key": key}
            ),
        )

    def refund(self, reference: str, amount: Amount, key: str) -> ProviderRefund:
        """See `PaymentProvider`."""
        taken = to_stripe(amount.minor, amount.currency)
        refunds = self._client.v1.refunds
        return self._read(
            read_refund,
            lambda: refunds.create(
                {"payment_intent": reference, "amount": taken, "metadata": {OUR_KEY: key}},
                {"idempotency_key": key},
            ),
        )

    def cancel(self, reference: str, amount: Amount, key: str) -> ProviderPayment:
        """See `PaymentProvider`."""
        intents = self._client.v1.payment_intents
        return self._read(
            read_intent, lambda: intents.cancel(reference, {}, {"idempotency_key": key})
        )

    def find_payment(self, reference: str) -> ProviderPayment:
        """See `PaymentProvider`."""
        intents = self._client.v1.payment_intents
        return self._read(read_intent, lambda: intents.retrieve(reference))

    def read_event(self, payload: bytes, signature: str, now: datetime) -> ProviderEvent:
        """See `PaymentProvider`."""
        self._verify(payload, signature, now)
        try:
            return read_event_body(payload)
        except (msgspec.DecodeError, KeyError) as error:
            raise WebhookRefusedError(
                f"the event is signed but cannot be read: {type(error).__name__}"
            ) from error

    def list_payments(self, first: datetime, until: datetime) -> Iterable[ProviderPayment]:
        """See `PaymentProvider`."""
        intents = self._client.v1.payment_intents
        pages = self._call(
            lambda: list(
                intents.list({"created": _between(first, until), "limit": PAGE}).auto_paging_iter()
            )
        )
        return [read_intent(one.to_dict()) for one in pages]

    def list_refunds(self, first: datetime, until: datetime) -> Iterable[ProviderRefund]:
        """See `PaymentProvider`."""
        refunds = self._client.v1.refunds
        pages = self._call(
            lambda: list(
                refunds.list({"created": _between(first, until), "limit": PAGE}).auto_paging_iter()
            )
        )
        return [read_refund(one.to_dict()) for one in pages]

    def _verify(self, payload: bytes, signature: str, now: datetime) -> None:
        signed = _SIGNED_AT.match(signature) if signature.isascii() else None
        if signed is None or not any(
            _is_signed(payload, signature, secret) for secret in self._settings.webhook_secrets
        ):
            raise WebhookRefusedError("the signature is not one of ours: nothing is changed")
        if abs(int(signed[1]) - now.timestamp()) > TOLERANCE.total_seconds():
            raise WebhookRefusedError(
                f"the signature is not of the last {TOLERANCE.seconds // 60} minutes: the provider "
                "sends the event again"
            )

    def _read(self, read: Callable[[Mapping[str, Any]], Answer], call: Callable[[], Any]) -> Answer:
        return read(self._call(call).to_dict())

    def _call(self, call: Callable[[], Any]) -> Any:
        """The answer of a call; raises as `PaymentProvider` says."""
        try:
            return call()
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise ProviderRefusedError(
                "Stripe refused our key: check ONLOOKER_STRIPE_KEY"
            ) from error
        except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as error:
            if error.http_status == CONFLICT:
                raise _unavailable() from error
            reason = error.code or type(error).__name__
            raise ProviderRefusedError(f"Stripe refused the call: {reason}") from error
        except stripe.StripeError as error:
            raise _unavailable() from error


def _unavailable() -> ProviderUnavailableError:
    return ProviderUnavailableError(
        "Stripe has not answered: send the request again with the same Idempotency-Key"
    )


def _is_signed(payload: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.Webhook.construct_event(payload, signature, secret, tolerance=0, api_key="-")
    except (stripe.SignatureVerificationError, ValueError):
        return False
    return True


def _between(first: datetime, until: datetime) -> Any:
    return {"gte": int(first.timestamp()), "lt": int(until.timestamp())}
