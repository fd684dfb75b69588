"""The page of the bank, on which a payer accepts or refuses a payment (3-D Secure)."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 10vh auto; padding: 0 1rem; }}
a {{ display: inline-block; padding: .6rem 1rem; margin: 0 .6rem .6rem 0; border: 1px solid; border-radius: .4rem; }}
</style>
<h1>{title}</h1>
{content}
</html>
"""  # noqa: E501 - lines of a page
CHOICE: Final = """<p>A shop asks for {amount}. This bank is simulated: nothing is charged.</p>
<p><a href="?outcome=accept">Confirm the payment</a> <a href="?outcome=refuse">Refuse it</a></p>"""
ANSWERS: Final = {
    "requires_payment_method": "The payment was refused",
    "requires_capture": "The payment is confirmed",
    "succeeded": "The payment is confirmed",
    "canceled": "The payment was cancelled by the shop",
}


def render_bank_page(intent: Mapping[str, Any]) -> bytes:
    """The page of a payment: what to decide, or what was decided."""
    amount = f"{intent['currency'].upper()} {intent['amount'] / 100:.2f}"
    if intent["status"] == "requires_action":
        return _render("Your bank", CHOICE.format(amount=escape(amount)))
    answer = ANSWERS.get(intent["status"], "The payment needs no confirmation")
    return _render(answer, "<p>Close this page and go back to the shop: it goes on by itself.</p>")


def render_refusal(reason: str) -> bytes:
    """The page of a payment that does not exist, or that cannot be answered any more."""
    return _render("Nothing to confirm", f"<p>{escape(reason)}</p>")


def _render(title: str, content: str) -> bytes:
    return PAGE.format(title=title, content=content).encode()
