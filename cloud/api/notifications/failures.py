"""What the errors of notifications mean to a client: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.notifications.preferences import PreferenceError
from cloud.sales.saved_briefs import TooManyBriefsError, UnknownBriefError

NOTICE_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    PreferenceError: (422, "Invalid preferences"),
    UnknownBriefError: (404, "Unknown brief"),
    TooManyBriefsError: (409, "Too many briefs"),
}
