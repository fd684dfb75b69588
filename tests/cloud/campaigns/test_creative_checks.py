"""Creatives of a line: of its account, not rejected, and allowed on its screen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from cloud.booking.inventory.restrictions import ScreenRestrictions, store_restrictions
from cloud.campaigns.creative_checks import (
    CreativeRefusedError,
    find_approved_lines,
    require_all_usable,
    require_usable,
)
from cloud.campaigns.creatives import (
    CreativeStatus,
    NewCreative,
    create_creative,
    decide_creative,
)
from tests.cloud.campaigns.campaign_data import SEVEN, SITES, line, store_lines

SCREEN = SITES.location("KX-01").screen
NEW = NewCreative(
    account="acme", name="a", sha256="0" * 64, reference=None, media_type="video/mp4",
    width_px=SCREEN.width_px, height_px=SCREEN.height_px, duration=timedelta(seconds=10),
    categories=("retail",),
)  # fmt: skip


def create(connection: Connection, status: CreativeStatus | None, **fields: Any) -> None:
    stored = create_creative(connection, replace(NEW, **fields), by="ann", now=SEVEN)
    if status is not None:
        decide_creative(connection, stored.id, status, reason="too loud", by="ann", now=SEVEN)


def test_what_the_screen_or_its_owner_refuses_is_named(connection: Connection) -> None:
    create(connection, None)
    require_usable(connection, SITES, "acme", "KX-01", ["a"])
    restrictions = ScreenRestrictions(
        location="KX-01", categories=frozenset({"retail"}), reason="a mall", changed_by="ann",
        changed_at=SEVEN,
    )  # fmt: skip
    store_restrictions(connection, restrictions)
    create(connection, CreativeStatus.REJECTED, name="b")
    create(connection, None, name="c", width_px=1, categories=())
    create(connection, None, name="d", account="bolt")
    with pytest.raises(CreativeRefusedError) as refused:
        require_usable(connection, SITES, "acme", "KX-01", ["a", "b", "c", "d"])
    sentences = str(refused.value).split("; ")
    for sentence, part in zip(
        sentences,
        ("a: KX-01 shows no retail", "b is rejected: too loud", "c: KX-01 shows", "d is no creat"),
        strict=True,
    ):
        assert sentence.startswith(part)


def test_a_line_is_ready_when_all_its_creatives_are_approved(connection: Connection) -> None:
    lines = [
        line(line_id="SO-1-1", creatives=("a",)),
        line(line_id="SO-1-2", creatives=("a", "b")),
        line(line_id="SO-1-3", creatives=()),
        line(line_id="SO-2-1", order_id="SO-2", account="bolt", creatives=("a",)),
    ]
    store_lines(connection, *lines)
    create(connection, CreativeStatus.APPROVED)
    create(connection, None, name="b")
    assert find_approved_lines(connection, SITES, lines) == {"SO-1-1"}
    assert find_approved_lines(connection, SITES, []) == set()


def test_a_screen_that_is_no_longer_listed_refuses_nothing(connection: Connection) -> None:
    create(connection, None)
    create(connection, CreativeStatus.REJECTED, name="b")
    require_all_usable(connection, SITES, "acme", {"GONE-1": ["a"], "KX-01": ["a"]})
    with pytest.raises(CreativeRefusedError, match="b is rejected") as refused:
        require_all_usable(connection, SITES, "acme", {"GONE-1": ["b"], "KX-01": ["a", "b"]})
    assert str(refused.value).count("rejected") == 1
