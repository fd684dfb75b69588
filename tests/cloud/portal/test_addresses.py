"""The paths that are answered with the document of the pages."""

import pytest

from cloud.portal.addresses import is_page


@pytest.mark.parametrize("path", ["/", "/live", "/orders/17", "/sales/rate-card", "/account/"])
def test_pages_of_the_portal(path: str):
    assert is_page(path)


@pytest.mark.parametrize("path", ["/api/live", "/docs", "/livestock", "//live", "", "/static/live"])
def test_other_paths(path: str):
    assert not is_page(path)
