"""Payment intents and refunds of the simulated provider, and the events that they cause.

The id of a payment method decides what happens to it, as with Stripe's test cards. Nothing is
charged, and a method that is not listed here is refused.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DECLINES: Final = {
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
}
CONFIRMED_BY_PAYER: Final = "pm_card_threeDSecure2Required"
ACCEPTED: Final = "pm_card_visa"
METHODS: Final = frozenset({ACCEPTED, CONFIRMED_BY_PAYER, *DECLINES})
Object = dict[str, Any]


class RefusedIntentError(ValueError):
    """A call that is answered with an error of Stripe's form."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error.get("message", ""))
        self.status = status
        self.error = error


@dataclass
class PaymentIntents:
    """The state of the provider. `url` is where a payer confirms; `clock` gives seconds."""

    url: str
    clock: Callable[[], float]
    intents: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def create(self, form: Mapping[str, str]) -> Object:
        """POST /v1/payment_intents."""
        amount = int(form.get("amount", "0"))
        if amount <= 0:
            raise _invalid("parameter_invalid_integer", "amount must be above 0")
        intent: Object = {
            "id": f"pi_{next(self.numbers)}", "object": "payment_intent", "amount": amount,
            "amount_received": 0, "amount_refunded": 0, "currency": form.get("currency", ""),
            "capture_method": form.get("capture_method", "automatic"),
            "status": "requires_payment_method", "created": int(self.clock()),
            "metadata": _nested(form, "metadata"), "next_action": None,
            "last_payment_error": None,
        }  # fmt: skip
        self.intents[intent["id"]] = intent
        return self._emit("payment_intent.created", intent)

    def confirm(self, intent_id: str, form: Mapping[str, str]) -> Object:
        """POST /v1/payment_intents/ID/confirm."""
        intent = self.find(intent_id)
        method = form.get("payment_method", "")
        self._require_state(intent, "requires_payment_method", "requires_action")
        if method not in METHODS:
            raise _invalid("resource_missing", "no such payment method")
        if method in DECLINES:
            raise self._decline(intent, DECLINES[method])
        if method == CONFIRMED_BY_PAYER:
            link = {"url": f"{self.url}/3ds/{intent['id']}", "return_url": form.get("return_url")}
            intent["status"] = "requires_action"
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": link}
            return self._emit("payment_intent.requires_action", intent)
        return self._authorise(intent)

    def answer_payer(self, intent_id: str, *, accepts: bool) -> Object:
        """The payer accepts or refuses the payment on the page of the bank."""
        intent = self.find(intent_id)
        self._require_state(intent, "requires_action")
        if accepts:
            return self._authorise(intent)
        intent["status"], intent["next_action"] = "requires_payment_method", None
        intent["last_payment_error"] = {"code": "payment_intent_authentication_failure"}
        return self._emit("payment_intent.payment_failed", intent)

    def capture(self, intent_id: str, form: Mapping[str, str]) -> Object:
        """POST /v1/payment_intents/ID/capture."""
        intent = self.find(intent_id)
        self._require_state(intent, "requires_capture")
        if int(form.get("amount_to_capture", intent["amount"])) != intent["amount"]:
            raise _invalid("amount_too_large", "only the whole amount is captured here")
        return self._succeed(intent)

    def cancel(self, intent_id: str) -> Object:
        """POST /v1/payment_intents/ID/cancel."""
        intent = self.find(intent_id)
        self._require_state(
            intent, "requires_payment_method", "requires_action", "requires_capture"
        )
        intent["status"], intent["next_action"] = "canceled", None
        return self._emit("payment_intent.canceled", intent)

    def refund(self, form: Mapping[str, str]) -> Object:
        """POST /v1/refunds."""
        intent = self.find(form.get("payment_intent", ""))
        self._require_state(intent, "succeeded")
        amount = int(form.get("amount", intent["amount"]))
        if not 0 < amount <= intent["amount"] - intent["amount_refunded"]:
            raise _invalid("charge_already_refunded", "more than is left")
        intent["amount_refunded"] += amount
        refund: Object = {
            "id": f"re_{next(self.numbers)}", "object": "refund", "amount": amount,
            "currency": intent["currency"], "payment_intent": intent["id"],
            "status": "succeeded", "created": int(self.clock()),
            "metadata": _nested(form, "metadata"),
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        return self._emit("refund.created", refund)

    def find(self, intent_id: str) -> Object:
        """An intent by its id; raises RefusedIntentError."""
        if intent_id not in self.intents:
            raise RefusedIntentError(404, type="invalid_request_error", code="resource_missing",
                                   message="no such payment intent")  # fmt: skip
        return self.intents[intent_id]

    def _authorise(self, intent: Object) -> Object:
        intent["next_action"] = intent["last_payment_error"] = None
        if intent["capture_method"] == "manual":
            intent["status"] = "requires_capture"
            return self._emit("payment_intent.amount_capturable_updated", intent)
        return self._succeed(intent)

    def _succeed(self, intent: Object) -> Object:
        intent["status"], intent["amount_received"] = "succeeded", intent["amount"]
        return self._emit("payment_intent.succeeded", intent)

    def _decline(self, intent: Object, code: str) -> RefusedIntentError:
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"code": "card_declined", "decline_code": code}
        self._emit("payment_intent.payment_failed", intent)
        return RefusedIntentError(
            402, type="card_error", code="card_declined", decline_code=code,
            message="the card was declined", payment_intent=dict(intent),
        )  # fmt: skip

    def _require_state(self, intent: Object, *states: str) -> None:
        if intent["status"] not in states:
            raise _invalid("payment_intent_unexpected_state", f"it is {intent['status']}")

    def _emit(self, kind: str, subject: Object) -> Object:
        """Append an event with a copy of its object; returns the copy."""
        copy = dict(subject)
        event = {"id": f"evt_{next(self.numbers)}", "object": "event", "type": kind,
                 "created": int(self.clock()), "data": {"object": copy}}  # fmt: skip
        self.events.append(event)
        return copy


def _invalid(code: str, message: str) -> RefusedIntentError:
    return RefusedIntentError(400, type="invalid_request_error", code=code, message=message)


def _nested(form: Mapping[str, str], name: str) -> dict[str, str]:
    """The values of `name[key]` fields."""
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in form.items() if key.startswith(start)}
