import msgspec
import pytest

from wire.fleet.privacy_manifest import PrivacyManifest, SignedManifest, canonical

FIELDS = {
    "schema": "1", "device": "kx-01-cam-1", "location": "KX-01",
    "issued_at": "2026-11-23T12:00:00Z",
    "versions": {"agent": "1", "detector": "d", "attention": "a", "config": "c", "schema": "1"},
    "report_interval_ms": 30_000, "demographics": False, "emotion": False, "smallest_cell": 5,
    "masks": 0, "recorder": False, "recording_ms": 0, "preview": False,
    "leaves": ["audience", "status"],
}  # fmt: skip
SIGNED = {"manifest": FIELDS, "key": "0123456789abcdef", "signature": "A" * 94 + "=="}


def read(fields):
    return msgspec.json.decode(msgspec.json.encode(fields), type=PrivacyManifest)


def test_the_signed_bytes_are_json_without_spaces_and_ordered_by_name():
    signed = canonical(read(FIELDS))
    assert signed.startswith(b'{"demographics":false,"device":"kx-01-cam-1","emotion":false,')
    assert signed.endswith(
        b'"versions":{"agent":"1","attention":"a","config":"c","detector":"d","schema":"1"}}'
    )
    assert b" " not in signed
    names = list(msgspec.json.decode(signed))
    assert names == sorted(FIELDS)


def test_the_order_in_which_fields_arrive_does_not_change_the_signed_bytes():
    reversed_fields = dict(reversed(FIELDS.items()))
    assert canonical(read(reversed_fields)) == canonical(read(FIELDS))


def test_every_switch_changes_the_signed_bytes():
    before = canonical(read(FIELDS))
    for name in ("demographics", "emotion", "recorder", "preview", "remote_preview"):
        assert canonical(read({**FIELDS, name: True})) != before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "0123456789ABCDEF"),
        ("key", "0123456789abcde"),
        ("key", "0123456789abcdef\n"),
        ("signature", ""),
        ("signature", "A" * 79),
        ("signature", "A" * 94 + "==\n"),
        ("signature", "A" * 94 + "==="),
        ("signature", "A" * 90 + "-_"),
    ],
)
def test_a_key_or_signature_of_another_form_is_refused(name, value):
    assert msgspec.convert(SIGNED, SignedManifest).key == "0123456789abcdef"
    with pytest.raises(msgspec.ValidationError, match=name):
        msgspec.convert({**SIGNED, name: value}, SignedManifest)


def test_a_manifest_of_another_schema_is_refused():
    with pytest.raises(msgspec.ValidationError, match="schema"):
        read({**FIELDS, "schema": "2"})
