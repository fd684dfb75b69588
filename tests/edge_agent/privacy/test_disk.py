"""The real agent with its real networks before drawn people: what of them is on its disk?"""

import re

import av
import pytest

from edge_agent.perception.face_detector import load_detector
from edge_agent.privacy.encoded_data import ENCODED, HEXADECIMAL, IMAGE_SIGNATURES
from simulators.__main__ import main as simulators
from tests.programs import run_program

MAGIC = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"WEBPVP8",
    b"ftypavif",
    b"\x93NUMPY",
    b"\x80\x04\x95",
)
PRINTABLE = re.compile(rb"[\x20-\x7e]{32,}")
ROW_PX = 16  # of a face's pixels in a row: 48 bytes do not repeat by chance


def pictures(path):
    with av.open(str(path)) as container:
        yield from (frame.to_ndarray(format="bgr24") for frame in container.decode(video=0))


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A camera's folder after it has run, recorder on, over a scene; and the scene."""
    folder = tmp_path_factory.mktemp("camera")
    clip, truth = folder.parent / "scene.mp4", folder.parent / "truth.json"
    drawn = ["--people", "4", "--seconds", "12", "--fps", "10", "--seed", "11"]
    assert simulators(["scene", *drawn, "--out", str(clip), "--truth", str(truth)]) == 0
    settings = folder / "agent.toml"
    settings.write_text(f'[recorder]\non = true\nfolder = "{folder}/video"\nwidth_px = 1280\n')
    done = run_program(
        ["edge_agent", "run", "--source", clip, "--speed", "max",
         "--location", "KX-01", "--device", "kx-01-cam-1", "--broker", "mqtt://127.0.0.1:1",
         "--outbox", folder / "outbox.sqlite3", "--config", settings, "--drain", "0",
         "--log-level", "debug"],
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "agent.log").write_bytes(done.stdout + done.stderr)
    return folder, clip


@pytest.fixture(scope="module")
def faces(ran):
    """Pictures of the scene with the faces that the detector finds in them."""
    detector = load_detector("onlooker-face", input_px=640)
    found = [(image, detector.faces(image)) for image in list(pictures(ran[1]))[::5]]
    assert sum(len(faces) for _, faces in found) > 10
    return found


def written(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ts"]
    assert {path.name for path in files} >= {"outbox.sqlite3", "agent.log", "index.m3u8"}
    return [(path.name, path.read_bytes()) for path in files]


@pytest.mark.slow
def test_no_picture_of_any_kind_is_written(ran):
    for name, content in written(ran[0]):
        assert not [mark for mark in MAGIC if mark in content], name
        for run in PRINTABLE.findall(content):
            text = run.decode()
            assert not [mark for mark in IMAGE_SIGNATURES if mark in text], name
            assert not HEXADECIMAL.search(text), name
            assert not [
                word for word in ENCODED.findall(text)
                if re.search("[A-Z]", word) and re.search("[a-z]", word) and re.search("\\d", word)
            ], name  # fmt: skip


@pytest.mark.slow
def test_no_row_of_a_faces_pixels_is_written(ran, faces):
    whole = b"\0".join(content for _, content in written(ran[0]))
    looked = 0
    for image, found in faces:
        for face in found:
            x, y = round((face.box[0] + face.box[2]) / 2), round((face.box[1] + face.box[3]) / 2)
            row = image[y, x - ROW_PX // 2 : x + ROW_PX // 2]
            if len({bytes(pixel) for pixel in row}) > ROW_PX // 2:
                looked += 1
                assert row.tobytes() not in whole
                assert row[:, 1].tobytes() not in whole
    assert looked > 3


@pytest.mark.slow
def test_hardly_any_face_is_detected_in_a_recording(ran, faces):
    detector = load_detector("onlooker-face", input_px=640)
    recordings = list((ran[0] / "video").rglob("index.m3u8"))
    assert recordings
    recorded = [image for path in recordings for image in list(pictures(path))[::2]]
    assert len(recorded) > 20
    found = sum(len(detector.faces(image)) for image in recorded)
    before = sum(len(found) for _, found in faces) / len(faces)
    assert found <= 0.02 * before * len(recorded)
