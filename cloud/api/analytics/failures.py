"""What the errors of analyses mean to a client: status and title."""

from collections.abc import Mapping
from typing import Final

from cloud.analytics.analytics_query import AnalyticsQueryError

ANALYTICS_STATUS_OF: Final[Mapping[type[Exception], tuple[int, str]]] = {
    AnalyticsQueryError: (422, "Invalid analysis"),
}
