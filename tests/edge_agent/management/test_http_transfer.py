"""Where files may come from and go to: exactly the hosts of the camera's own settings."""

import socket
import threading
import time

import pytest

from edge_agent.management.http_transfer import TransferError, download, upload, validate_url
from edge_agent.settings.fleet import FleetSettings
from tests.wire.web.test_http_client import answering

BUCKET = "onlooker-clips.s3.eu-west-2.amazonaws.com"
HOSTS = (BUCKET, "files.example.org:8443")

ADMITTED = [
    f"https://{BUCKET}/clip?X-Amz-Signature=s",
    f"https://{BUCKET}:443/clip",
    f"https://{BUCKET.upper()}/clip",
    "https://files.example.org:8443/x",
]
REFUSED = [
    "https://attacker.s3.eu-west-2.amazonaws.com/clip",
    f"https://x.{BUCKET}/clip",
    f"https://{BUCKET}.evil.example/clip",
    f"https://{BUCKET}./clip",
    f"https://evil.example\\@{BUCKET}/clip",
    f"https://evil.example\\.{BUCKET}/clip",
    f"https://{BUCKET}\\.evil.example/clip",
    f"https://{BUCKET}@evil.example/clip",
    f"https://user:s3cr3t@{BUCKET}/clip",
    f"https://{BUCKET}:443@evil.example/clip",
    f"https://{BUCKET}:8443/clip",
    f"https://{BUCKET}:44\uff13/clip",
    f"https://{BUCKET}:/@evil.example/clip",
    f"https://{BUCKET}%2eevil.example/clip",
    f"https://{BUCKET}%00.evil.example/clip",
    f"https://{BUCKET}\t.evil.example/clip",
    f"https://{BUCKET}#@evil.example/clip",
    f"https://{BUCKET}?@evil.example/clip",
    f"https://{BUCKET}/clip".replace("s3", "\uff533"),
    f"https://{BUCKET}/clip".replace(".", "\u3002"),
    f"https://{BUCKET}/clip".replace("onl", "onl\u043e"),
    "https://files.example.org/x",
    f"http://{BUCKET}:443/clip",
    f"https:/{BUCKET}/clip",
    f"//{BUCKET}/clip",
    f"https://[{BUCKET}]/clip",
    "https://0x7f.0.0.1/x",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("url", ADMITTED)
def test_the_hosts_of_the_settings_are_admitted(url):
    assert validate_url(url, HOSTS).host in (BUCKET, "files.example.org")


@pytest.mark.parametrize("url", REFUSED)
def test_every_other_host_is_refused_however_it_is_written(url):
    with pytest.raises(TransferError) as refused:
        validate_url(url, HOSTS)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("host", ["*.s3.eu-west-2.amazonaws.com", "*", "https://x.example", "a b"])
def test_settings_take_exact_hosts_only(host):
    with pytest.raises(ValueError, match=r"fleet\.hosts"):
        FleetSettings(hosts=(host,))


def test_a_redirection_is_an_answer_and_nothing_is_asked_elsewhere():
    asked_elsewhere = threading.Event()
    with answering(b"HTTP/1.1 200 OK\r\n\r\nx", on_request=asked_elsewhere.set) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere}/\r\n\r\n".encode()
        with answering(b"HTTP/1.1 302 Found\r\n" + location) as port:
            with pytest.raises(TransferError, match="responded with status 302"):
                download(f"http://127.0.0.1:{port}/x", hosts=("127.0.0.1",), limit_bytes=100)
            with pytest.raises(TransferError, match="responded with status 302"):
                upload(f"http://127.0.0.1:{port}/x", b"clip", hosts=("127.0.0.1",))
    assert not asked_elsewhere.is_set()


def test_a_server_that_takes_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        began_s = time.monotonic()
        with pytest.raises(TransferError, match="takes longer than"):
            upload(url, bytes(50_000_000), hosts=("127.0.0.1",), longest_s=0.5)
        assert time.monotonic() - began_s < 5
