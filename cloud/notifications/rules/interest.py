"""Whether anybody wants to be notified of a kind, before anything is computed for it."""

from sqlalchemy import Connection

from cloud.notifications.audience import find_readers
from cloud.notifications.event import NoticeEvent
from cloud.notifications.kinds import NoticeChannel, NoticeMode
from cloud.notifications.preference_store import read_preferences
from cloud.notifications.preferences import Preferences


def is_wanted(connection: Connection, event: NoticeEvent) -> bool:
    """Whether a user who may see the object of an event has not turned its kind off."""
    for reader in find_readers(connection, event):
        stored = read_preferences(connection, reader.user)
        preferences = Preferences() if stored is None else stored.preferences
        for channel in NoticeChannel:
            mode = preferences.mode(event.kind, channel, is_staff=reader.is_staff)
            if mode is not NoticeMode.OFF and preferences.is_set_up(channel):
                return True
    return False
