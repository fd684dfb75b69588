"""Briefs are read until their time has passed; an unreadable one is logged and left out."""

from datetime import timedelta

import pytest

from cloud.database import writing
from cloud.notifications.rules.current_briefs import read_current_briefs
from cloud.sales.saved_briefs import SavedBrief, insert_brief
from tests.cloud.notifications.notice_world import NOON, NoticeWorld
from tests.cloud.notifications.rules.test_price_drops import QUESTION, save

AT_ITS_END = NOON + timedelta(days=5)


@pytest.mark.parametrize("question", ["{}", "no JSON", QUESTION.replace("90.00", "0")])
def test_an_unreadable_brief_stops_no_other(world: NoticeWorld, caplog, question: str) -> None:
    save(world)
    with writing(world.engine) as connection:
        insert_brief(connection, SavedBrief("0" * 32, "bolt", "Broken", question, "ann", NOON))
        read = [saved.name for saved, _ in read_current_briefs(connection, NOON)]
        assert read == ["Winter tea"]
        assert list(read_current_briefs(connection, AT_ITS_END)) == []
    assert "notices.brief_unreadable" in caplog.text
