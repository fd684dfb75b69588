"""`receipts`: from the key of the log to a file that is verified without the database."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from scitt_cose import verify_receipt

from cloud import database
from cloud.cli.receipts import commands
from cloud.database import writing
from cloud.ingest.commit import commit
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.receipts.receipt_file import parse_file
from cloud.receipts.signed_note import COSIGNATURE, NoteKey, NoteSignature
from edge_agent.reporting.receipt_signing import sign_receipt
from tests.cloud.campaigns.campaign_data import SEVEN, line, store_lines
from tests.cloud.databases import new_database
from tests.cloud.receipts.receipt_data import (
    HALF_MINUTE,
    PLAYED,
    Authority,
    build_line,
    build_manifest,
    measure,
    write_file,
)
from wire.audience import CreativeSum
from wire.command_line import Parser
from wire.envelope import audience_event, encode_event

Run = Callable[..., int]
AUTHORITY = Authority(at=SEVEN - timedelta(days=30))
PAIR = AUTHORITY.enrol(at=SEVEN - timedelta(days=1))
NOW = SEVEN + timedelta(minutes=2)


def half_minute(number: int, **fields: object) -> Delivery:
    """A message with report and receipt; of the first one with the certificate."""
    starts_at = SEVEN + (number - 1) * HALF_MINUTE
    totals = {name: getattr(PLAYED, name) for name in CreativeSum.__struct_fields__[1:]}
    report = measure(
        number, starts_at=starts_at, ends_at=starts_at + HALF_MINUTE, creatives={"a": PLAYED},
        **totals,
    )  # fmt: skip
    signed = sign_receipt(report, PAIR, certificates=number == 1)
    text = msgspec.json.encode(msgspec.structs.replace(signed, **fields)).decode()
    topic = f"onlooker/v1/{report.location}/{report.device}/audience"
    return Delivery(topic, encode_event(audience_event(report, text)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").write_bytes(AUTHORITY.root.public_bytes(Encoding.PEM))
    url = new_database(tmp_path)
    engine = database.connect(url)
    with writing(engine) as connection:
        store_lines(connection, line(1))
    sent = [*map(half_minute, (1, 2, 4)), half_minute(3, seed="B" * 22)]
    results = [one for each in sent for one in validate(each, is_listed=lambda *_: True, now=NOW)]
    commit(engine, results, NOW)
    engine.dispose()

    def run(*words: str) -> int:
        parser = Parser()
        commands.add_arguments(parser)
        options = ["--database", url] if words[0] not in ("verify", "compare", "key") else []
        return commands.run(parser.parse_args([*words, *options]), lambda: NOW)

    return run


def export(run: Run, *words: str) -> int:
    until = NOW.isoformat()
    return run("export", "--line", "SO-1-1", "-o", "a.receipts", "--until", until, *words)


def test_a_file_is_exported_and_verified(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("key", "log.pem", "--origin", "example.com/log") == 0
    assert Path("log.pem").stat().st_mode & 0o777 == 0o600
    Path("log.pub").write_text(capsys.readouterr().out)
    assert export(run, "--key", "log.pem", "--origin", "example.com/log", "--root", "ca.pem") == 0
    assert capsys.readouterr().out == "wrote a.receipts\n"
    assert run("verify", "a.receipts", "--root", "ca.pem", "--log-key", "log.pub") == 0
    out, faults = capsys.readouterr()
    assert out == (
        "campaign Winter of Acme (acme)\n"
        "stated as booked: SO-1-1 at KX-01, 0.03 h from 2026-11-23 07:00:00Z to 2026-11-23 "
        "07:02:00Z, measured by kx-01-cam-1\n"
        "3 receipts; in those that are verified, 45 s were observed and 0 s were not\n"
        "  a at KX-01, measured by kx-01-cam-1: 9 plays, 45 s observed, 27 s of people in view, "
        "12 s looking, 3 receipts\n"
        "stated as missing: kx-01-cam-1 at KX-01 from 2026-11-23 07:01:00Z to 2026-11-23 "
        "07:01:30Z\n"
        "verified: nothing is wrong\n"
    )
    assert faults == ""
    assert run("check") == 0
    assert capsys.readouterr().out == "the log of 3 entries matches its receipts and checkpoints\n"


def test_a_changed_file_ends_with_status_1_and_says_what_is_wrong(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("key", "log.pem")
    export(run, "--key", "log.pem")
    text = Path("a.receipts").read_text()
    Path("b.receipts").write_text(text.replace("index 1\n", "index 0\n"))
    capsys.readouterr()
    assert run("verify", "b.receipts", "--root", "ca.pem") == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("file: the file was changed after it was signed")
    assert second.startswith("not in the log: entry 0, kx-01-cam-1 at 2026-11-23 07:00:30Z")


def test_a_name_in_a_file_writes_no_line_of_its_own(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "Winter\nverified: nothing is wrong\n\x1b[8m"
    manifest = msgspec.structs.replace(build_manifest([], build_line(), ()), campaign=hostile)
    Path("x.receipts").write_bytes(write_file([], [], manifest=manifest))
    assert run("verify", "x.receipts", "--root", "ca.pem") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == r"campaign Winter\nverified: nothing is wrong\n\x1b[8m of Cola (cola)"
    assert "verified: nothing is wrong" not in lines


def test_an_added_chain_takes_the_place_of_an_incomplete_one(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    leaf = PAIR.certificates.partition("-----END CERTIFICATE-----\n")
    Path("leaf.pem").write_text(leaf[0] + leaf[1])
    Path("chain.pem").write_text(PAIR.certificates)
    assert run("certificate", "leaf.pem") == 0
    capsys.readouterr()
    run("append", "--root", "ca.pem")
    assert capsys.readouterr().out.startswith("0 appended, 3 rejected")
    assert run("certificate", "chain.pem") == 0
    run("retry", "kx-01-cam-1")
    capsys.readouterr()
    run("append", "--root", "ca.pem")
    assert capsys.readouterr().out.startswith("3 appended")


def test_openssl_verifies_the_chain_in_the_file(run: Run) -> None:
    run("key", "log.pem")
    export(run, "--key", "log.pem")
    (certificate,) = parse_file(Path("a.receipts").read_text()).certificates
    Path("leaf.pem").write_bytes(certificate.leaf.public_bytes(Encoding.PEM))
    (middle,) = certificate.intermediates
    Path("middle.pem").write_bytes(middle.public_bytes(Encoding.PEM))
    at = str(int(SEVEN.timestamp()))
    words = ["openssl", "verify", "-attime", at, "-CAfile", "ca.pem", "-untrusted", "middle.pem"]
    found = subprocess.run([*words, "leaf.pem"], capture_output=True, text=True, check=False)
    assert found.stdout == "leaf.pem: OK\n", found.stderr


def test_rejected_receipts_are_listed_and_what_cannot_be_verified_stays(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("append") == 0
    assert capsys.readouterr().out == "3 appended, 0 rejected, 0 wait for a certificate\n"
    assert run("list") == 0
    assert "creatives of the receipt contradicts the report" in capsys.readouterr().out
    assert run("retry", "kx-01-cam-1") == 0
    assert capsys.readouterr().out == "0 receipts are verified again\n"


def test_a_cosigned_checkpoint_is_required(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("key", "log.pem")
    run("append")
    capsys.readouterr()
    assert run("checkpoint", "--key", "log.pem") == 0
    note = capsys.readouterr().out
    key = Ed25519PrivateKey.generate()
    cosigner = NoteKey("other.example", COSIGNATURE, key.public_key())
    text = note.partition("\n\n")[0]
    signature = key.sign(f"cosignature/v1\ntime 1\n{text}\n".encode())
    signed = NoteSignature(cosigner.name, cosigner.hash, (1).to_bytes(8) + signature)
    Path("cosigned.txt").write_text(note + signed.line)
    assert run("cosign", "cosigned.txt", "--cosigner", cosigner.text) == 0
    export(run, "--key", "log.pem")
    verify = ("verify", "a.receipts", "--root", "ca.pem", "--cosigner")
    assert run(*verify, cosigner.text) == 0
    other = NoteKey("third.example", COSIGNATURE, key.public_key())
    assert run(*verify, other.text) == 1


def test_an_entry_is_written_as_a_cose_receipt(run: Run) -> None:
    run("key", "log.pem")
    run("append")
    assert run("cose", "1", "-o", "one", "--key", "log.pem") == 0
    private = load_pem_private_key(Path("log.pem").read_bytes(), None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    leaf = Path("one.json").read_bytes().hex()
    receipt = Path("one.cose").read_bytes()
    found = verify_receipt(receipt, leaf_entry_hex=leaf, log_public_key_pem=public)
    assert (found.ok, found.subject) == (True, "00000000000000a1:2-2")


def test_a_later_log_is_compared_with_an_earlier_file(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("key", "log.pem")
    Path("log.pub").write_text(capsys.readouterr().out)
    export(run, "--key", "log.pem")
    capsys.readouterr()
    assert run("consistency", "3", "--key", "log.pem") == 0
    Path("proof.txt").write_text(capsys.readouterr().out)
    words = ("compare", "a.receipts", "proof.txt", "--log-key", "log.pub")
    assert run(*words) == 0
    assert capsys.readouterr().out == (
        "the log of 3 entries continues that of 3 entries in a.receipts\n"
    )
    Path("proof.txt").write_text(Path("proof.txt").read_text().replace("old 3", "old 2"))
    assert run(*words) == 1
    assert "expected old 3" in capsys.readouterr().err
    assert run("consistency", "4", "--key", "log.pem") == 1
    assert "expected a smaller one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("export", "--campaign", "0" * 32, "-o", "x"), "no key of the log: give --key FILE"),
        (("checkpoint", "--key", "ca.pem"), "holds no Ed25519 key"),
        (("checkpoint", "--key", "none.pem"), "the receipts key none.pem cannot be read"),
        (("key", "ca.pem"), "cannot be written"),
        (("key", "x", "--origin", "a b"), "expected printable ASCII"),
        (("certificate", "ca.pub"), "No such file"),
        (("cose", "9", "-o", "x", "--key", "log.pem"), "entry 9 is not stored"),
    ],
)
def test_what_is_refused(
    run: Run, words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("key", "log.pem")
    assert run(*words) == 1
    assert reason in capsys.readouterr().err


def test_verification_needs_neither_database_nor_server() -> None:
    code = (
        "import sys, cloud.cli.receipts.commands, cloud.receipts.verification\n"
        "heavy = {'sqlalchemy', 'numpy', 'fastapi', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
