from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.api.application import create_app
from cloud.auth.quota import Quota
from tests.cloud.api.conftest import ApiClient
from tests.cloud.api.notifications.notice_api import NoticeApi, open_notice_api
from tests.cloud.app_context import ManualClock, open_app_context


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NoticeApi]:
    folder: Path = tmp_path_factory.mktemp("notices")
    with open_app_context(folder, ManualClock()) as context:
        yield open_notice_api(context, ApiClient(create_app(context, quota=Quota())))
