"""What is printed at the end: sign-in, and addresses of pages that the portal has."""

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from cloud.portal.addresses import is_page
from simulators.demo.portal.addresses import describe_portal
from simulators.demo.portal.opening import Portal
from simulators.demo.portal.people import PEOPLE

API = "http://127.0.0.1:8080"


def describe() -> list[str]:
    demo = SimpleNamespace(api=API, folder=Path("var/demo"))
    portal = Portal(demo, "abcd-efgh", Path("var/demo/users.csv"))
    return describe_portal(portal, "cmp_1", "KX-01", "2026-07-01T08:00").splitlines()


def test_every_user_and_the_password_are_printed():
    lines = describe()
    assert f"Open {API}/ and sign in with the password abcd-efgh as" in lines
    assert [line.split()[0] for line in lines if "@" in line and "http" not in line] == [
        one.email for one in PEOPLE
    ]


def test_the_page_of_the_price_names_the_local_hour_in_utc():
    assert f"  {API}/explore?screens=KX-01&hour=KX-01@2026-07-01T07:00:00Z" in describe()


def test_pages_to_begin_with_are_pages_of_the_portal_or_of_the_api():
    paths = [urlsplit(line.strip()).path for line in describe() if line.startswith(f"  {API}")]
    assert [path for path in paths if not is_page(path)] == ["/docs"]
