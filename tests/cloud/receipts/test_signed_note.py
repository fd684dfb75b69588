"""Notes and keys of another implementation are read; everything else is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.receipts.signed_note import (
    ED25519,
    Note,
    NoteError,
    NoteKey,
    parse_key,
    parse_note,
    sign_text,
    verify_note,
)

# the example of golang.org/x/mod/sumdb/note, and the key of Go's checksum database
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)


def test_a_note_of_the_go_implementation_is_verified():
    key = parse_key(NEUMANN)
    assert verify_note(parse_note(NOTE), [parse_key(GO), key]) == key
    assert parse_note(NOTE).encoded == NOTE
    changed = parse_note(NOTE.replace("answer", "solution"))
    with pytest.raises(NoteError, match="signature of PeterNeumann is wrong"):
        verify_note(changed, [key])
    assert verify_note(changed, [parse_key(GO)]) is None


@pytest.mark.parametrize("text", [NEUMANN, GO])
def test_a_key_is_written_as_it_was_read(text):
    assert parse_key(f"{text}\n").text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no key"),
        (NEUMANN.replace("c74f20a3", "c74f20a4"), "hash does not match"),
        (NEUMANN[:-4], "no key"),
        (NEUMANN.replace("+ARpc", "+AhpC"), "expected the key of a log or cosigner"),
        (NEUMANN.replace("PeterNeumann", "Peter Neumann"), "expected the key|hash does not"),
    ],
)
def test_what_is_no_key(text, reason):
    with pytest.raises(NoteError, match=reason):
        parse_key(text)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text\n",
        NOTE[:-1],
        NOTE.replace("— ", "- "),
        NOTE.replace("x08go/", "x08go"),
        NOTE + "x\n",
    ],
)
def test_what_is_no_signed_note(content):
    with pytest.raises(NoteError):
        parse_note(content)


def test_two_keys_sign_while_one_takes_over():
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    note = parse_note(Note("a\n", tuple(sign_text("a\n", "log", key) for key in keys)).encoded)
    for key in keys:
        public = NoteKey("log", ED25519, key.public_key())
        assert verify_note(note, [public]) == public
