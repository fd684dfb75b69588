"""The device's own web server, asked as a browser, a scraper and a stranger would."""

import http.client
import json
import socket

import pytest

from edge_agent.settings.loading import SettingsError, parse
from edge_agent.settings.services import StatusSettings
from edge_agent.status.server import StatusError, StatusServer, StatusSources, serve_status
from wire.scalars import DeviceId

TOKEN = "a-token-of-twenty-one"
JPEG = b"\xff\xd8\xff mosaic"


@pytest.fixture
def serve(board, now):
    servers = []

    def started(settings=StatusSettings(), **sources):  # noqa: B008  frozen
        server = StatusServer(settings, StatusSources(board, clock=lambda: now, **sources))
        server.start()
        servers.append(server)
        return server

    yield started
    for server in servers:
        server.stop()


@pytest.fixture
def locked(serve, tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    return serve(StatusSettings(token_file=str(tmp_path / "token")))


def ask(server, path, *, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=names)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_the_page_the_figures_and_the_health(serve):
    server = serve()
    answer, content = ask(server, "/")
    assert (answer.status, b"kx-01-cam-1" in content) == (200, True)
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    answer, content = ask(server, "/metrics")
    assert (answer.status, b"onlooker_entries_total" in content) == (200, True)
    assert json.loads(ask(server, "/healthz")[1]) == {"cameras": 1}
    assert ask(server, "/etc/passwd")[0].status == 404


def test_a_preview_is_served_only_if_it_exists(serve):
    pictures = {DeviceId("kx-01-cam-1"): lambda: JPEG, DeviceId("dark"): lambda: None}
    server = serve(previews=pictures)
    answer, content = ask(server, "/preview/kx-01-cam-1.jpg")
    assert (answer.status, answer.headers["Content-Type"], content) == (200, "image/jpeg", JPEG)
    for nothing in ("dark", "other", "../kx-01-cam-1"):
        assert ask(server, f"/preview/{nothing}.jpg")[0].status == 404
    assert ask(serve(), "/preview/kx-01-cam-1.jpg")[0].status == 404


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/preview/kx-01-cam-1.jpg", "/x"])
def test_without_the_token_nothing_is_returned(locked, path):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}):
        answer, content = ask(locked, path, **headers)
        assert answer.status == 401
        assert b"kx-01" not in content


def test_with_the_token_all_is(locked):
    assert ask(locked, "/metrics", Authorization=f"Bearer {TOKEN}")[0].status == 200
    assert ask(locked, f"/?token={TOKEN}")[0].status == 200
    assert ask(locked, "/metrics", Authorization=f"Bearer {TOKEN}", Host="x.test")[0].status == 200


def test_another_name_for_this_host_is_refused(serve):
    answer, content = ask(serve(), "/", Host="rebound.example.org")
    assert (answer.status, b"kx-01" in content) == (421, False)


def test_player_messages_are_accepted_and_invalid_ones_rejected(serve):
    def handle(body):
        if body != b'{"creative":"tea"}':
            raise ValueError("creative is missing")
        return {"playing": "tea"}

    server = serve(handle_player_message=handle)
    options = {"method": "POST", "Content_Type": "application/json"}
    assert ask(server, "/plays", body=b'{"creative":"tea"}', **options)[1] == b'{"playing": "tea"}'
    answer, content = ask(server, "/plays", body=b"{}", **options)
    assert (answer.status, b"creative is missing" in content) == (422, True)
    assert ask(server, "/plays", body=b"x" * 20_000, **options)[0].status == 413
    assert (
        ask(server, "/plays", body=b"{}", method="POST", Content_Type="text/plain")[0].status == 415
    )
    assert ask(server, "/other", body=b"{}", **options)[0].status == 404
    assert ask(serve(), "/plays", body=b"{}", **options)[0].status == 404


@pytest.mark.parametrize("noise", [b"\x16\x03\x01\x02", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_an_invalid_request_is_closed_without_effect(serve, noise, capsys):
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(noise + b"\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert ask(server, "/healthz")[0].status == 200
    assert capsys.readouterr().err == ""


def is_answered(server):
    try:
        return ask(server, "/healthz")[0].status == 200
    except (http.client.HTTPException, ConnectionError):
        return False


def test_clients_that_send_nothing_take_a_limited_number_of_connections(serve, monkeypatch):
    monkeypatch.setattr("edge_agent.status.server.MAX_CLIENTS", 3)
    server = serve()
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(3)]
    assert any(not is_answered(server) for _ in range(100)), "a fourth reader found a place"
    for line in lines:
        line.close()
    assert any(is_answered(server) for _ in range(100)), "the places are never free again"


def test_an_address_that_cannot_be_served_is_reported(serve, tmp_path):
    taken = serve().port
    with pytest.raises(StatusError, match="choose another port"):
        serve(StatusSettings(port=taken))
    (tmp_path / "short").write_text("secret")
    with pytest.raises(StatusError, match="holds 6 characters"):
        serve(StatusSettings(token_file=str(tmp_path / "short")))
    with pytest.raises(StatusError, match="No such file"):
        serve(StatusSettings(token_file=str(tmp_path / "none")))


def test_a_server_on_the_network_needs_a_token():
    with pytest.raises(SettingsError, match=r"give status\.token_file"):
        parse('[status]\nhost = "0.0.0.0"\nport = 8080\n')
    assert parse('[status]\nhost = "0.0.0.0"\ntoken_file = "t"\n').status.token_file == "t"


def test_port_nought_serves_nothing(board):
    with serve_status(StatusSettings(), StatusSources(board)) as server:
        assert server is None
