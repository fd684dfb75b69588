"""What the errors of analyses mean to a client: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.analytics.analytics_query import AnalyticsQueryError
from cloud.analytics.saved_views import NotViewOwnerError, TooManyViewsError, UnknownViewError
from cloud.api.analytics.views import NotAUserError

ANALYTICS_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    AnalyticsQueryError: (422, "Invalid analysis"),
    UnknownViewError: (404, "Unknown view"),
    NotViewOwnerError: (403, "Not the owner"),
    TooManyViewsError: (409, "Too many views"),
    NotAUserError: (422, "No user"),
}
