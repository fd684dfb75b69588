"""Files are transferred only with the hosts in the local settings."""

import socket
import threading

import pytest

from edge_agent.management.http_transfer import TransferError, download, upload, validate_url
from edge_agent.settings.fleet import FleetSettings
from tests.wire.web.test_http_client import answering

BUCKET = "onlooker-clips.s3.eu-west-2.amazonaws.com"
HOSTS = (BUCKET, "files.example.org:8443")

ALLOWED = [
    f"https://{BUCKET}/clip?X-Amz-Signature=s",
    f"https://{BUCKET}:443/clip",
    f"https://{BUCKET.upper()}/clip",
    "https://files.example.org:8443/x",
]
BLOCKED = [
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


@pytest.mark.parametrize("url", ALLOWED)
def test_the_hosts_of_the_settings_are_allowed(url):
    assert validate_url(url, HOSTS).host in (BUCKET, "files.example.org")


@pytest.mark.parametrize("url", BLOCKED)
def test_every_other_host_is_rejected_however_it_is_written(url):
    with pytest.raises(TransferError) as refused:
        validate_url(url, HOSTS)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize("host", ["*.s3.eu-west-2.amazonaws.com", "*", "https://x.example", "a b"])
def test_settings_accept_exact_hosts_only(host):
    with pytest.raises(ValueError, match=r"fleet\.hosts"):
        FleetSettings(hosts=(host,))


def test_a_redirection_is_an_error_and_is_not_followed():
    other_request = threading.Event()
    with answering(b"HTTP/1.1 200 OK\r\n\r\nx", on_request=other_request.set) as other:
        location = f"Location: http://127.0.0.1:{other}/\r\n\r\n".encode()
        with answering(b"HTTP/1.1 302 Found\r\n" + location) as port:
            with pytest.raises(TransferError, match="responded with status 302"):
                download(f"http://127.0.0.1:{port}/x", hosts=("127.0.0.1",), limit_bytes=100)
            with pytest.raises(TransferError, match="responded with status 302"):
                upload(f"http://127.0.0.1:{port}/x", b"clip", hosts=("127.0.0.1",))
    assert not other_request.is_set()


def test_an_upload_that_stalls_is_an_error_after_the_time_limit():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        with pytest.raises(TransferError, match=r"takes longer than 0\.5 s"):
            upload(url, bytes(50_000_000), hosts=("127.0.0.1",), longest_s=0.5)
