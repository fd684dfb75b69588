"""The text of a proof, and of a checkpoint: read as written, refused in any other form."""

import pytest

from cloud.receipts.checkpoint import LogCheckpoint, parse_checkpoint
from cloud.receipts.signed_note import NoteError
from cloud.receipts.tlog_proof import LogProof, ProofTextError, parse_proof

PROOF = LogProof(b"entry", 7, (b"a" * 32, b"b" * 32), "onlooker/receipts\n8\n...\n")
CHECKPOINT = LogCheckpoint("example.com/log", 8, b"r" * 32)


def test_a_proof_has_the_form_of_the_specification():
    assert PROOF.text.splitlines() == [
        "c2sp.org/tlog-proof@v1",
        "extra ZW50cnk=",
        "index 7",
        "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
        "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=",
        "",
        "onlooker/receipts",
        "8",
        "...",
    ]
    assert parse_proof(PROOF.text) == PROOF


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tlog-proof@v1", "tlog-proof@v2"),
        ("extra ", "other "),
        ("index 7", "index 07"),
        ("index 7", f"index {'9' * 5000}"),
        ("YWFhYWFh", "YWFh"),
        ("YWFhYWFh", "*WFhYWFh"),
        ("\n\n", "\n"),
    ],
)
def test_what_is_no_proof(old, new):
    with pytest.raises(ProofTextError):
        parse_proof(PROOF.text.replace(old, new, 1))


def test_a_checkpoint_is_read_as_it_was_written():
    assert parse_checkpoint(CHECKPOINT.text) == CHECKPOINT


@pytest.mark.parametrize(
    "text", ["", "a\n8\n", CHECKPOINT.text + "more\n", CHECKPOINT.text.replace("\n8\n", "\n+8\n"),
             CHECKPOINT.text[:-2], "a\n1\nYQ==\n"],
)  # fmt: skip
def test_what_is_no_checkpoint(text):
    with pytest.raises(NoteError):
        parse_checkpoint(text)
