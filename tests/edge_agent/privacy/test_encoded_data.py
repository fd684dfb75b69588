"""What counts as a picture or bytes in disguise, and which honest words do not."""

import base64
import random
import zlib

import cv2
import numpy as np
import pytest

from edge_agent.privacy.encoded_data import find_encoded_data

NOISE = np.random.default_rng(5).integers(0, 255, (8, 8, 3), np.uint8)
FILES = {kind: cv2.imencode(kind, NOISE)[1].tobytes() for kind in (".png", ".jpg", ".webp", ".gif")}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(lambda content: base64.b64encode(content).decode(), id="base64"),
        pytest.param(lambda content: base64.urlsafe_b64encode(content).decode(), id="for URLs"),
        pytest.param(lambda content: content.hex(), id="hexadecimal"),
        pytest.param(lambda content: content.hex().upper(), id="HEXADECIMAL"),
        pytest.param(lambda content: content.decode("latin-1"), id="plain"),
        pytest.param(lambda content: content.decode("latin-1").encode().decode(), id="escaped"),
        pytest.param(lambda content: "a face: " + base64.b64encode(content).decode(), id="inside"),
    ],
)
@pytest.mark.parametrize("length", [24, 64])
def test_an_image_is_recognised_in_every_encoding(kind, disguise, length):
    assert list(find_encoded_data(disguise(FILES[kind][:length])))


def test_an_embedding_in_base64_is_recognised_however_short():
    dice = random.Random(3)
    for _ in range(200):
        text = base64.b64encode(dice.randbytes(48)).decode()
        assert list(find_encoded_data(text)), text
    assert list(find_encoded_data(base64.b64encode(zlib.compress(bytes(range(64)))).decode()))


@pytest.mark.parametrize(
    "word",
    [
        "lux",
        "onlooker-face-check:2026.11.3",
        "0.1.0+g3f2a1bc",
        "3f2a1bc94d5e",
        "0123456789abcdef:1-120",
        "capture.failed:raised:2026-11-23T08:00:00+00:00",
        "the camera does not deliver pictures: check its power, network and address",
        "123e4567-e89b-12d3-a456-426614174000",
        "/onlooker/v1/london-kings-cross/north-concourse-camera-12",
        "spring-campaign-2026/coffee-15s-portrait",
        "CampaignOfTwentyTwentySix-PortraitForTheStation",
        "SPOT-2026-WEEK-35-LONDON-EUSTON-PORTRAIT",
    ],
)
def test_honest_words_pass(word):
    assert list(find_encoded_data(word)) == []


def as_cjk(content):
    return "".join(chr(0x4E00 + byte * 16) for byte in content)


def dotted(content, every=8):
    text = base64.b64encode(content).decode().rstrip("=").replace("+", "a").replace("/", "b")
    return ".".join(text[n : n + every] for n in range(0, len(text), every))


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(as_cjk, id="CJK"),
        pytest.param(lambda content: base64.b32encode(content).decode(), id="base32"),
        pytest.param(lambda content: base64.b32encode(content).decode().lower(), id="small base32"),
        pytest.param(dotted, id="dotted base64"),
        pytest.param(lambda content: dotted(content, 4).replace(".", "-"), id="dashed base64"),
        pytest.param(lambda content: dotted(content, 5).replace(".", ":"), id="base64 with colons"),
        pytest.param(lambda content: content.hex("-", 4).replace("-", ""), id="hexadecimal"),
    ],
)
def test_random_bytes_are_not_accepted_as_names(disguise):
    names, caught = 0, 0
    for seed in range(50):
        content = random.Random(seed).randbytes(512)
        assert any(find_encoded_data(disguise(content)[:500]))
        pieces = [disguise(content[n : n + 36])[:64] for n in range(0, 504, 36)]
        names += len(pieces)
        caught += sum(any(find_encoded_data(piece)) for piece in pieces)
        assert any(map(list, map(find_encoded_data, pieces)))
    assert caught >= 0.95 * names


def test_what_is_too_long_or_does_not_print_is_refused_without_being_repeated():
    for text in ("long " * 200, "bell\x07", "a\x00b", "\ud83d"):
        (reason,) = find_encoded_data(text)
        assert text not in reason
