"""The names of a server, and the origins of its own pages."""

import pytest

from cloud.app.server.host_names import HostNameError, HostNames


@pytest.mark.parametrize("name", ["https://sales.example.org", "a b", "x:80", "", "/", "a,b", "*"])
def test_a_name_that_no_request_could_have_is_refused_at_the_start(name: str):
    with pytest.raises(HostNameError, match=r"write a name such as sales\.example\.org"):
        HostNames.of([name])


def test_the_address_that_is_listened_on_is_a_name_unless_it_is_all_of_them():
    assert HostNames.of([], "192.0.2.7").includes("192.0.2.7:8080")
    assert HostNames.of([], "2001:db8::7").includes("[2001:db8::7]")
    for everything in ("0.0.0.0", "::"):
        assert HostNames.of([], everything).own == frozenset()
