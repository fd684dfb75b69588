"""Receipts from the message of a device to the file that is verified without the database."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs
from sqlalchemy import select

from cloud.database import connect, reading, writing
from cloud.database.receipts import (
    receipt_certificates,
    receipt_checkpoints,
    receipt_log_nodes,
    receipts,
)
from cloud.ingest.commit import commit
from cloud.ingest.retention import RetentionPeriods, apply_retention
from cloud.ingest.sources.message_source import Delivery
from cloud.ingest.validate import validate
from cloud.receipts import booked_receipts, log_check
from cloud.receipts import export as receipt_export
from cloud.receipts.appending import AppendResult, append_pending
from cloud.receipts.booked_receipts import find_start_of_latest
from cloud.receipts.checkpoint_store import sign_head
from cloud.receipts.device_certificates import read_certificates
from cloud.receipts.export import ExportRequest, ExportTooLargeError, export_receipts
from cloud.receipts.faults import FaultKind
from cloud.receipts.log_check import find_log_faults
from cloud.receipts.log_store import prove_consistency, read_root, read_size
from cloud.receipts.merkle import require_consistency
from cloud.receipts.receipt_file import TimeSpan
from cloud.receipts.signing_keys import LogKeys
from cloud.receipts.verification import TrustedKeys, verify_file
from cloud.windows.renamed_locations import rename_locations
from edge_agent.reporting.receipt_signing import sign_receipt
from tests.cloud.databases import create_tables
from tests.cloud.receipts.receipt_data import (
    DAY,
    LOG_KEY,
    NINE,
    ORIGIN,
    PUBLIC_LOG_KEY,
    Authority,
    alter,
    build_line,
    damage_version,
    measure,
    sign_all,
    to_pem,
)
from wire.envelope import audience_event, encode_event

AUTHORITY = Authority()
PAIR = AUTHORITY.enrol()
KEYS = LogKeys(ORIGIN, (LOG_KEY,))
TRUSTED = TrustedKeys([AUTHORITY.root], [PUBLIC_LOG_KEY])
NOW = NINE + DAY
REQUEST = ExportRequest("cola", "Cola", "Winter", (build_line(),))


@pytest.fixture
def engine(tmp_path):
    """SQLite: the statements are the same for both."""
    engine = connect(f"sqlite:///{tmp_path}/onlooker.db")
    create_tables(engine)
    yield engine
    engine.dispose()


def receive(engine, report, signed, **more):
    text = signed if isinstance(signed, str) else msgspec.json.encode(signed).decode()
    payload = encode_event(audience_event(report, text))
    topic = f"onlooker/v1/{report.location}/{report.device}/audience"
    results = list(validate(Delivery(topic, payload), is_listed=lambda *_: True, now=NOW))
    return commit(engine, results, NOW)


def send(engine, numbers, pair=PAIR):
    for number in numbers:
        report = measure(number)
        receive(engine, report, sign_receipt(report, pair, certificates=number == numbers[0]))


def append(engine, **options):
    with writing(engine) as connection:
        return append_pending(connection, [AUTHORITY.root], **options)


def export(engine, request=REQUEST):
    with writing(engine) as connection:
        checkpoint = sign_head(connection, KEYS, NOW)
        return export_receipts(connection, request, checkpoint, KEYS, NOW).encode()


def reasons(engine):
    with reading(engine) as connection:
        query = select(receipts.c.reason).where(receipts.c.state == "rejected")
        return list(connection.execute(query).scalars())


def test_a_file_of_what_devices_sent_is_verified(engine):
    send(engine, range(1, 5))
    assert append(engine).appended == 4
    outcome = verify_file(export(engine), TRUSTED)
    assert outcome.faults == []
    assert (outcome.receipts, outcome.missing) == (4, ())
    (totals,) = outcome.totals.values()
    assert totals.plays == 12


def test_a_report_sent_again_has_one_receipt(engine):
    send(engine, range(1, 3))
    send(engine, range(1, 3))
    assert append(engine).appended == 2
    assert append(engine).is_empty


def test_intervals_without_a_receipt_are_stated(engine):
    send(engine, [1, 4])
    receive(engine, measure(2), "no receipt")
    append(engine)
    outcome = verify_file(export(engine), TRUSTED)
    assert outcome.faults == []
    ((begin, end),) = [(one.starts_at, one.ends_at) for one in outcome.missing]
    assert (begin, end) == (measure(2).starts_at, measure(3).ends_at)


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (lambda entry: structs.replace(entry.signed, seed="A" * 22), "creatives of the receipt"),
        (lambda entry: alter(entry, observed_ms=1).signed, "observed_ms of the receipt"),
        (lambda _: sign_all(PAIR, [measure(9, device="kx-01-cam-2")])[0].signed, "device of the"),
        (lambda _: "{}", "not a receipt"),
        (lambda _: "\0", "not a receipt"),
    ],
)
def test_a_receipt_that_contradicts_its_report_is_rejected_and_the_report_counted(
    engine, forge, reason
):
    (entry,) = sign_all(PAIR, [measure(9)])
    outcome = receive(engine, entry.report, forge(entry))
    assert len(outcome.counted) == 1
    assert append(engine).is_empty
    (found,) = reasons(engine)
    assert reason in found


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (AUTHORITY.enrol(at=NINE - 3 * DAY, lifetime=DAY), "expired"),
        (AUTHORITY.enrol(at=NINE + DAY), "not valid before"),
        (Authority("Other").enrol(), "does not lead to a root"),
        (AUTHORITY.enrol()._replace(key=PAIR.key), "signature is wrong"),
    ],
)
def test_a_receipt_with_a_wrong_certificate_is_rejected(engine, pair, reason):
    send(engine, [1], pair)
    assert append(engine).rejected == 1
    (found,) = reasons(engine)
    assert reason in found


def test_a_chain_of_another_device_is_not_stored_and_rejects_its_receipt(engine):
    of_another = AUTHORITY.enrol("kx-01-cam-9")
    send(engine, [1], of_another)
    (reason,) = reasons(engine)
    assert reason == "signed with the certificate of kx-01-cam-9"
    report = measure(2, device="kx-01-cam-9")
    receive(engine, report, sign_receipt(report, of_another, certificates=True))
    assert append(engine).appended == 1


def test_a_certificate_that_cannot_be_read_stops_no_other_receipt(engine):
    other = AUTHORITY.enrol("kx-01-cam-2")
    leaf, middle = (
        one.public_bytes(Encoding.DER) for one in read_certificates(other.certificates.encode())
    )
    for number, chain in enumerate([(damage_version(leaf),), (leaf, damage_version(middle))], 1):
        report = measure(number, device="kx-01-cam-2")
        keyid = hashlib.sha256(chain[0]).hexdigest()
        forged = other._replace(certificates="".join(map(to_pem, chain)), keyid=keyid)
        receive(engine, report, sign_receipt(report, forged, certificates=True))
    send(engine, [3])
    assert append(engine) == AppendResult(appended=1, rejected=1, waiting=1)
    assert reasons(engine) == ["its certificate cannot be read"]


def test_a_chain_is_stored_without_what_postgresql_does_not_store(engine):
    report, pair = measure(1), PAIR._replace(certificates=f"{PAIR.certificates}\0")
    receive(engine, report, sign_receipt(report, pair, certificates=True))
    with reading(engine) as connection:
        chain = connection.execute(select(receipt_certificates.c.chain)).scalar_one()
    assert "\0" not in chain
    assert append(engine).appended == 1


def test_a_receipt_waits_until_its_certificate_is_known(engine):
    first, second = measure(1), measure(2)
    receive(engine, first, sign_receipt(first, PAIR, certificates=False))
    assert append(engine).waiting == 1
    receive(engine, second, sign_receipt(second, PAIR, certificates=True))
    assert append(engine).appended == 2


def test_batches_continue_one_log(engine, monkeypatch):
    monkeypatch.setattr(log_check, "AT_ONCE", 3)
    send(engine, range(1, 8))
    roots = {}
    while append(engine, limit=3).appended:
        with reading(engine) as connection:
            size = read_size(connection)
            roots[size] = read_root(connection, size)
    assert list(roots) == [3, 6, 7]
    with reading(engine) as connection:
        for first, second in ((3, 6), (3, 7), (6, 7)):
            path = prove_consistency(connection, first, second)
            require_consistency((first, second), (roots[first], roots[second]), path)
        assert list(find_log_faults(connection)) == []


def test_an_append_that_is_rolled_back_leaves_the_log_as_it_was(engine):
    send(engine, range(1, 4))
    with writing(engine) as connection:
        append_pending(connection)
        connection.rollback()
    assert append(engine).appended == 3
    with reading(engine) as connection:
        assert list(find_log_faults(connection)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (receipts.update().where(receipts.c.entry == 1).values(envelope="{}"), "entry 1 is not"),
        (
            receipts.delete().where(receipts.c.entry == 3),
            "4 entries, the oldest stored one is 0, and 3 receipts",
        ),
        (
            receipt_log_nodes.update().where(receipt_log_nodes.c.level == 2).values(hash=b"x" * 32),
            "the node of entries 0 to 3",
        ),
        (receipt_checkpoints.update().values(root=b"x" * 32), "was altered"),
    ],
)
def test_the_check_finds_a_changed_log(engine, change, fault):
    send(engine, range(1, 5))
    append(engine)
    export(engine)
    with writing(engine) as connection:
        connection.execute(change)
    with reading(engine) as connection:
        assert fault in "\n".join(find_log_faults(connection))


def test_an_entry_changed_in_the_database_is_found_by_the_verifier(engine):
    send(engine, range(1, 5))
    append(engine)
    other = alter(sign_all(PAIR, [measure(2)])[0], observed_ms=1)
    with writing(engine) as connection:
        forged = msgspec.json.encode(other.signed.envelope, order="sorted").decode()
        connection.execute(receipts.update().where(receipts.c.entry == 1).values(envelope=forged))
    kinds = {one.kind for one in verify_file(export(engine), TRUSTED).faults}
    assert kinds >= {FaultKind.ALTERED, FaultKind.NOT_IN_LOG}


def test_two_programs_that_append_at_once_make_one_log(database_url):
    engine = connect(database_url)
    create_tables(engine)
    send(engine, range(1, 41))
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(append, engine, limit=5) for _ in range(8)]
        assert sum(one.result().appended for one in results) == 40
    with reading(engine) as connection:
        assert read_size(connection) == 40
        assert list(find_log_faults(connection)) == []
    engine.dispose()


def test_retention_deletes_the_oldest_entries_and_the_log_continues(engine):
    send(engine, range(1, 7))
    append(engine)
    before = export(engine)
    with writing(engine) as connection:
        old = receipts.c.entry.in_([0, 1, 2, 4])  # entry 3 is younger
        connection.execute(receipts.update().where(old).values(received_at=NOW - 900 * DAY))
    assert apply_retention(engine, RetentionPeriods(), NOW)["receipts"] == 3
    send(engine, range(7, 10))
    append(engine)
    with reading(engine) as connection:
        assert list(find_log_faults(connection)) == []
        assert read_size(connection) == 9
    assert verify_file(before, TRUSTED).faults == []
    assert (
        apply_retention(engine, RetentionPeriods(receipts_days=1), NOW + 2 * DAY)["receipts"] == 6
    )
    with reading(engine) as connection:
        assert list(find_log_faults(connection)) == []


def test_a_file_has_a_limit(engine, monkeypatch):
    send(engine, range(1, 5))
    append(engine)
    monkeypatch.setattr(receipt_export, "MOST_RECEIPTS", 3)
    with pytest.raises(ExportTooLargeError, match="more than 3 receipts: export a part"):
        export(engine)


def test_the_latest_receipts_of_the_booked_time_are_found(engine, monkeypatch):
    monkeypatch.setattr(booked_receipts, "SPANS_AT_ONCE", 1)
    send(engine, range(1, 5))
    append(engine)
    spans = tuple(
        TimeSpan(starts_at=one.starts_at, ends_at=one.ends_at) for one in map(measure, range(1, 5))
    )
    lines = (structs.replace(build_line(), booked=spans),)
    with reading(engine) as connection:
        found = [find_start_of_latest(connection, lines, size, 2) for size in (4, 3, 2, 0)]
    assert found == [measure(2).ends_at, measure(1).ends_at, None, None]


def test_receipts_of_a_renamed_location_are_those_of_its_present_id(engine):
    send(engine, range(1, 5))
    append(engine)
    rename_locations(engine, [("KX-01", "KX-07")])
    line = structs.replace(build_line(), location="KX-07")
    outcome = verify_file(export(engine, replace(REQUEST, lines=(line,))), TRUSTED)
    assert outcome.faults == []
    assert (outcome.receipts, outcome.missing) == (4, ())
    assert outcome.manifest.lines[0].location_ids == ("KX-01", "KX-07")
