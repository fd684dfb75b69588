"""Store a rate card for an instant: the command line and the API change the card by this alone.

A card takes effect at least `MIN_LEAD` after it was stored, so that every process has read it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.app.forecasts import REACH
from cloud.app.rate_card_reload import MIN_LEAD
from cloud.auth import audit
from cloud.pricing.rate_card import RateCard
from cloud.sales.rate_cards import ScheduledCard, card_at, read_scheduled_cards, store_card


class CardRefused(ValueError):  # noqa: N818 - reads as what happened
    """A card that cannot be put."""


def schedule_card(
    connection: Connection,
    card: RateCard,
    from_at: datetime | None,
    *,
    reference: RateCard,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> ScheduledCard | None:
    """Put a card in force from an instant on; None when it is already in force then.

    The caller holds the lock of the audit log since before it read `now`, so that the instant does
    not precede the commit. `reference` is the card without any stored one. Raises CardRefused.
    """
    from_at = _require_ahead(from_at or now + MIN_LEAD, now)
    stored = read_scheduled_cards(connection)
    refuse_version(stored, card, reference)
    before = card_at(stored, from_at)
    if before is not None and before.card.digest == card.digest:
        return None
    details: dict[str, Any] = {"version": card.version, "digest": card.digest, "from": from_at}
    if reason is not None:
        details["reason"] = reason
    number = audit.record_change(
        connection, at=now, actor=by, action="rate_card.put", about=card.version, details=details
    )
    new = ScheduledCard(number, from_at, now, by, card)
    store_card(connection, new)
    return new


def refuse_version(stored: Sequence[ScheduledCard], card: RateCard, reference: RateCard) -> None:
    """Raise CardRefused where another card has the version."""
    known = {reference.version: reference, **{one.card.version: one.card for one in stored}}
    same = known.get(card.version)
    if same is not None and same.digest != card.digest:
        changes = "; ".join(describe_differences(same, card))
        raise CardRefused(
            f"there is another card of the version {card.version!r} ({same.digest}): change the "
            f"version of this one, which differs in {changes}"
        )


def _require_ahead(from_at: datetime, now: datetime) -> datetime:
    if not MIN_LEAD <= from_at - now <= REACH:
        raise CardRefused(
            f"{from_at.isoformat()} is not between "
            f"{(now + MIN_LEAD).isoformat(timespec='seconds')}, when every process has read it, "
            f"and {REACH.days} days from now"
        )
    return from_at.astimezone(UTC)


def list_differences(old: RateCard, new: RateCard) -> list[tuple[str, str, str]]:
    """Each field that is other on the new card, with both values; the version is not counted."""
    before, after = (dict(_flatten("", msgspec.to_builtins(card))) for card in (old, new))
    names = [*before, *(name for name in after if name not in before)]
    return [
        (name, before.get(name, "nothing"), after.get(name, "nothing"))
        for name in names
        if before.get(name) != after.get(name) and name != "version"
    ]


def describe_differences(old: RateCard, new: RateCard) -> list[str]:
    """The same, a line for each."""
    return [f"{name}: {was} -> {will}" for name, was, will in list_differences(old, new)]


def _flatten(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(key, one) for key, one in value.items() if key != "name"]
    elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        parts = [(one["name"], one) for one in value]
    else:
        yield path, str(value)
        return
    for key, one in parts:
        yield from _flatten(f"{path}.{key}" if path else str(key), one)
