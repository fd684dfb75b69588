"""Which connections a server keeps when there are too many."""

import resource

from cloud.connection_table import ConnectionTable, connection_limit


class Table(ConnectionTable):
    """Remembers what it has closed."""

    def __init__(self, most, **more):
        super().__init__(most, **more)
        self.closed = []

    def take(self, key, client="10.0.0.1"):
        return self.admit(key, client, close=lambda: self.closed.append(key))


def test_a_new_connection_takes_the_place_of_the_one_that_has_waited_longest():
    table = Table(3, most_per_client=3)
    assert all(table.take(key) for key in "abcde")
    assert table.closed == ["a", "b"]
    assert len(table) == 3


def test_one_that_has_been_answered_waits_anew():
    table = Table(3, most_per_client=3)
    for key in "abc":
        table.take(key)
    table.set_busy("a")
    table.set_waiting("a")
    table.take("d")
    assert table.closed == ["b"]


def test_busy_connections_are_kept_and_a_new_one_is_refused_when_all_are():
    table = Table(2, most_per_client=2)
    for key in "ab":
        table.take(key)
        table.set_busy(key)
    assert not table.take("c")
    assert table.closed == []
    table.remove("a")
    table.remove("a")
    assert table.take("c")


def test_the_client_that_holds_most_gives_way_first():
    table = Table(4, most_per_client=4)
    table.take("honest", "10.0.0.2")
    for key in "abc":
        table.take(key)
    assert table.take("d", "10.0.0.3")
    assert table.closed == ["a"]


def test_one_client_cannot_hold_everything():
    table = Table(8)
    for key in range(8):
        table.take(key)
        table.set_busy(key)
    assert len(table) == 6
    assert table.take("other", "10.0.0.2")


def test_connections_that_are_closed_already_are_replaced():
    table = ConnectionTable(2, most_per_client=2)
    gone = set()
    for key in "ab":
        table.admit(key, "x", close=lambda: None, is_closed=lambda key=key: key in gone)
        table.set_busy(key)
    gone.add("b")
    assert table.admit("c", "y", close=lambda: None)
    assert len(table) == 2


def test_a_closed_connection_frees_the_share_of_its_client_and_no_other_is_closed():
    table, gone, closed = ConnectionTable(4, most_per_client=2), set(), []
    for key in "ab":
        table.admit(
            key,
            "x",
            close=lambda key=key: closed.append(key),
            is_closed=lambda key=key: key in gone,
        )
    table.set_busy("a")
    gone.add("a")
    assert table.admit("c", "x", close=lambda: None)
    assert (len(table), closed) == (2, [])
    table.set_busy("b")
    table.set_busy("c")
    gone.add("b")
    assert table.admit("d", "x", close=lambda: None)


def test_half_of_the_files_are_for_connections(monkeypatch):
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    for limits, most in (((256, 1024), 512), ((1024, 1024), 512), ((8, 8), 16)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        assert connection_limit() == most
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert connection_limit() == 10_000
