"""A public network is stored only if it has the checksum of the manifest."""

import hashlib
import http.server
import socketserver
import threading

import msgspec
import pytest

from edge_agent.perception import detector_outputs, head_pose
from edge_agent.perception.face_detector import load_detector
from edge_agent.perception.model_cards import WEIGHTS, read_card
from models.registry import (
    FetchError,
    PublicNetwork,
    copy_network,
    fetch_network,
    find_network,
    read_manifest,
    store_network,
)


@pytest.fixture
def site(tmp_path):
    """A web site on loopback that serves the files of a folder."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Pages(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def offered(site):
    """Our own detector, offered under another name by the site."""
    folder, address = site
    content = (WEIGHTS / "onlooker-face.onnx").read_bytes()
    (folder / "other.onnx").write_bytes(content)
    card = msgspec.json.decode((WEIGHTS / "onlooker-face.json").read_bytes())
    card.update(name="other", file="other.onnx", sha256=hashlib.sha256(content).hexdigest())
    raw = {"url": f"{address}/other.onnx", "stated": "-", "card": card}
    return msgspec.convert(raw, PublicNetwork)


def test_a_fetched_detector_runs_by_its_name(offered, tmp_path):
    progress = []
    fetch_network(
        offered, tmp_path / "models", progress=lambda done, size: progress.append((done, size))
    )
    detector = load_detector("other", folders=[tmp_path / "models"], input_px=320)
    assert detector.name == "other"
    assert progress[-1] == (offered.card.bytes, offered.card.bytes)


def test_a_changed_file_is_discarded(offered, site, tmp_path):
    (site[0] / "other.onnx").write_bytes(b"something else")
    with pytest.raises(FetchError, match="nothing was stored"):
        fetch_network(offered, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_an_endless_file_is_not_read_to_its_end(offered, site, tmp_path):
    (site[0] / "other.onnx").write_bytes(b"x" * 5_000_000)
    read = []
    with pytest.raises(FetchError):
        fetch_network(offered, tmp_path / "models", progress=lambda done, size: read.append(done))
    assert read[-1] < offered.card.bytes + 100_000


def test_for_an_unreachable_site_the_remedy_is_named(offered, tmp_path):
    nowhere = msgspec.structs.replace(offered, url="http://127.0.0.1:9/other.onnx")
    with pytest.raises(FetchError, match="--from FILE"):
        fetch_network(nowhere, tmp_path)


def test_a_missing_page_is_reported_with_its_status(offered, tmp_path):
    gone = msgspec.structs.replace(offered, url=offered.url + ".gone")
    with pytest.raises(FetchError, match="404"):
        fetch_network(gone, tmp_path)


def test_other_schemes_are_refused(offered, tmp_path):
    local = msgspec.structs.replace(offered, url="file:///etc/hostname")
    with pytest.raises(FetchError, match="begin it with http"):
        fetch_network(local, tmp_path)


def test_for_an_unknown_name_the_listed_ones_are_named():
    with pytest.raises(FetchError, match="yunet-2023mar"):
        find_network("yunet-2033")


def test_every_entry_has_a_checksum_a_licence_and_a_known_layout():
    for name, listed in read_manifest().items():
        assert listed.card.name == name
        assert listed.url.startswith("https://")
        assert listed.card.licence
        assert listed.card.layout in {**detector_outputs.LAYOUTS, **head_pose.LAYOUTS}
        assert listed.stated


def test_without_a_stated_size_the_stored_card_has_the_actual_one(offered, tmp_path):
    card = msgspec.structs.replace(offered.card, bytes=0)
    sizes = []
    unsized = msgspec.structs.replace(offered, card=card)
    kept = fetch_network(unsized, tmp_path, progress=lambda done, size: sizes.append(size))
    assert read_card(kept).bytes == (tmp_path / "other.onnx").stat().st_size
    assert set(sizes) == {0}


@pytest.fixture
def raw_server():
    """A server that sends fixed bytes to every request and closes the connection."""
    answers = []

    class RawAnswer(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(answers[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), RawAnswer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield answers, f"http://127.0.0.1:{server.server_address[1]}/other.onnx"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "out of reach"),
        (b"220 mail.example ESMTP\r\n", "out of reach"),
        (b"HTTP/1.1 500 Sorry\r\n\r\n", "500"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf of it", "10 bytes with sha256"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "out of reach"),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\n\r\n", "not followed"),
        (b"HTTP/1.1 302 Found\r\nLocation: /other.onnx\r\n\r\n", "not followed"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n", "out of reach"),
    ],
    ids=[
        "nothing",
        "mail",
        "broken",
        "interrupted",
        "chunks",
        "to a file",
        "in a circle",
        "nowhere",
    ],
)
def test_a_server_that_does_not_deliver_is_refused_and_nothing_is_stored(
    offered, raw_server, tmp_path, answer, words
):
    answers, url = raw_server
    answers.append(answer)
    with pytest.raises(FetchError, match=words):
        fetch_network(msgspec.structs.replace(offered, url=url), tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_page_that_has_moved_is_followed(offered, site, raw_server, tmp_path):
    answers, url = raw_server
    answers.append(f"HTTP/1.1 301 Moved\r\nLocation: {site[1]}/other.onnx\r\n\r\n".encode())
    assert fetch_network(msgspec.structs.replace(offered, url=url), tmp_path).name == "other.json"


def test_a_missing_copy_and_a_folder_that_is_a_file_are_refused(offered, tmp_path):
    with pytest.raises(FetchError, match="not to be read"):
        copy_network(offered, tmp_path / "nothing.onnx", tmp_path)
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(FetchError, match="give another with --to"):
        fetch_network(offered, tmp_path / "taken")


def test_a_copy_is_verified_like_a_download(offered, tmp_path):
    with pytest.raises(FetchError, match="sha256"):
        store_network(offered, b"not it", tmp_path)
