"""Scheduled rate cards: which one holds at an instant."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from cloud.sales.rate_cards import (
    ScheduledCard,
    card_at,
    rate_cards,
    read_scheduled_cards,
    store_card,
)
from tests.cloud.memory_database import in_memory
from tests.cloud.rates import CARD

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def scheduled(number: int, from_at: datetime = NOON) -> ScheduledCard:
    card = msgspec.structs.replace(CARD, version=f"card-{number}")
    return ScheduledCard(number, from_at, NOON - MINUTE, "ann", card)


def test_a_stored_card_is_read_back_with_every_factor():
    with in_memory(rate_cards) as connection:
        assert read_scheduled_cards(connection) == []
        store_card(connection, scheduled(1))
        (found,) = read_scheduled_cards(connection)
    assert found == scheduled(1)
    assert found.card.digest == scheduled(1).card.digest


def test_cards_are_read_in_the_order_in_which_they_hold():
    with in_memory(rate_cards) as connection:
        for card in (scheduled(3, NOON), scheduled(4, NOON - MINUTE), scheduled(2, NOON)):
            store_card(connection, card)
        assert [one.number for one in read_scheduled_cards(connection)] == [4, 2, 3]


def test_a_card_holds_from_its_instant_until_the_next_one():
    cards = [scheduled(1, NOON), scheduled(2, NOON + MINUTE)]
    instants = [NOON - MINUTE, NOON, NOON + MINUTE - timedelta(microseconds=1), NOON + MINUTE]
    found = [card_at(cards, now) for now in instants]
    assert [one and one.number for one in found] == [None, 1, 1, 2]


def test_of_two_cards_from_one_instant_the_later_one_holds():
    holds = card_at([scheduled(2), scheduled(3)], NOON)
    assert holds is not None
    assert holds.number == 3
    assert card_at([], NOON) is None


def test_a_number_is_used_once():
    with in_memory(rate_cards) as connection:
        store_card(connection, scheduled(1))
        with pytest.raises(IntegrityError):
            store_card(connection, scheduled(1))
