"""Every fault of a file of receipts is found and named; a whole file is accepted."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from cloud.receipts.device_certificates import read_certificates
from cloud.receipts.faults import FaultKind
from cloud.receipts.signed_note import COSIGNATURE, NoteKey, NoteSignature
from cloud.receipts.verification import TrustedKeys, verify_file
from tests.cloud.receipts.receipt_data import (
    DAY,
    HALF_MINUTE,
    NINE,
    ORIGIN,
    PLAYED,
    PUBLIC_LOG_KEY,
    Authority,
    MemoryLog,
    alter,
    build_line,
    build_manifest,
    damage_subject,
    damage_version,
    measure,
    sign_all,
    write_file,
)
from wire.audience import CreativeSum
from wire.receipts.receipt import encode_canonical

AUTHORITY = Authority()
PAIR = AUTHORITY.enrol()
TRUSTED = TrustedKeys([AUTHORITY.root], [PUBLIC_LOG_KEY])
ENTRIES = sign_all(PAIR, [measure(number) for number in range(1, 5)])
WHOLE = write_file(ENTRIES, [PAIR])


def kinds(content, trusted=TRUSTED):
    return {one.kind for one in verify_file(content, trusted).faults}


def test_a_whole_file_is_accepted_and_its_sums_are_those_of_the_reports():
    outcome = verify_file(WHOLE, TRUSTED)
    assert outcome.faults == []
    assert (outcome.receipts, outcome.observed_ms, outcome.missing) == (4, 120_000, ())
    ((key, totals),) = outcome.totals.items()
    assert key == ("cola/spot", "KX-01", "kx-01-cam-1")
    assert (totals.receipts, totals.plays, totals.person_ms) == (4, 12, 4 * PLAYED.person_ms)


def test_sums_of_other_advertisers_are_not_in_the_file():
    assert b"shoes" not in b"".join(
        base64.b64decode(line[6:]) for line in WHOLE.splitlines() if line.startswith(b"extra ")
    )


def test_without_a_key_of_the_log_the_stated_one_is_used_and_named():
    outcome = verify_file(WHOLE, TrustedKeys([AUTHORITY.root]))
    assert outcome.faults == []
    assert (outcome.is_key_given, outcome.log_key) == (False, PUBLIC_LOG_KEY.text)


def test_an_altered_payload():
    altered = [alter(ENTRIES[0], observed_ms=31_000), *ENTRIES[1:]]
    assert kinds(write_file(altered, [PAIR])) == {FaultKind.ALTERED}


def test_sums_of_a_creative_that_were_not_signed():
    proved = ENTRIES[0].prove(["cola/spot"])
    more = structs.replace(proved.creatives[0], sums=structs.replace(PLAYED, plays=9))
    extra = encode_canonical(structs.replace(proved, creatives=(more,)))
    assert kinds(write_file(ENTRIES, [PAIR], changed={0: {"extra": extra}})) == {FaultKind.RECORD}


def test_a_receipt_of_another_device():
    other = AUTHORITY.enrol("kx-01-cam-9")
    assert kinds(write_file(sign_all(other, [one.report for one in ENTRIES]), [other])) == {
        FaultKind.NOT_OF_DEVICE
    }


def test_a_certificate_that_the_file_lacks():
    assert FaultKind.NOT_OF_DEVICE in kinds(write_file(ENTRIES, []))


@pytest.mark.parametrize(
    ("at", "lifetime"), [(NINE - 3 * DAY, 2 * DAY), (NINE + DAY, DAY)], ids=["expired", "not yet"]
)
def test_a_certificate_that_was_not_valid_in_the_interval(at, lifetime):
    pair = AUTHORITY.enrol(at=at, lifetime=lifetime)
    entries = sign_all(pair, [one.report for one in ENTRIES])
    assert kinds(write_file(entries, [pair])) == {FaultKind.CERTIFICATE_TIME}


def test_a_certificate_of_another_authority():
    pair = Authority("Other").enrol()
    entries = sign_all(pair, [one.report for one in ENTRIES])
    assert kinds(write_file(entries, [pair])) == {FaultKind.CHAIN}


def test_a_receipt_that_is_not_in_the_log():
    hashes = MemoryLog([b"1", b"2", b"3", b"4"]).prove(2)
    content = write_file(ENTRIES, [PAIR], changed={2: {"path": hashes}})
    assert kinds(content) == {FaultKind.NOT_IN_LOG}
    content = write_file(ENTRIES, [PAIR], changed={2: {"index": 3}})
    assert kinds(content) == {FaultKind.NOT_IN_LOG}


def test_a_checkpoint_that_was_altered():
    log = MemoryLog([encode_canonical(one.signed.envelope) for one in ENTRIES])
    content = write_file(ENTRIES, [PAIR], checkpoint=log.checkpoint().replace("\n4\n", "\n5\n"))
    outcome = verify_file(content, TRUSTED)
    assert [one.kind for one in outcome.faults] == [FaultKind.CHECKPOINT]
    assert outcome.totals == {}  # of no receipt


def test_another_key_of_the_log():
    forged = write_file(ENTRIES, [PAIR], key=Ed25519PrivateKey.generate())
    assert kinds(forged) == {FaultKind.LOG_KEY}


def test_two_receipts_of_one_interval():
    again = sign_all(PAIR, [measure(2, journal="00000000000000b2")])
    assert kinds(write_file([*ENTRIES, *again], [PAIR])) == {FaultKind.DUPLICATE}


def test_a_receipt_given_twice_counts_once_however_short_its_interval():
    short = {"ends_at": NINE + HALF_MINUTE / 60, "observed_ms": 500, "person_ms": 0,
             "facing_ms": 0, "looking_ms": 0}  # fmt: skip
    played = CreativeSum(
        plays=3, observed_ms=500, person_ms=0, facing_ms=0, looking_ms=0, unsure_ms=0
    )
    (half_second,) = sign_all(PAIR, [measure(1, creatives={"cola/spot": played}, **short)])
    manifest = build_manifest([half_second], build_line())
    content = write_file([half_second] * 3, [PAIR], manifest=manifest)
    outcome = verify_file(content, TRUSTED)
    assert [one.kind for one in outcome.faults] == [FaultKind.DUPLICATE] * 2
    (totals,) = outcome.totals.values()
    assert (outcome.receipts, totals.receipts, totals.plays) == (3, 1, 3)


@pytest.mark.parametrize(
    "trusted",
    [
        TrustedKeys(
            [AUTHORITY.root], [NoteKey(ORIGIN, 1, Ed25519PrivateKey.generate().public_key())]
        ),
        TrustedKeys(
            [AUTHORITY.root],
            [PUBLIC_LOG_KEY],
            [NoteKey("cosigner", COSIGNATURE, Ed25519PrivateKey.generate().public_key())],
        ),
    ],
    ids=["another log key", "cosigner has not signed"],
)
def test_nothing_is_summed_under_a_checkpoint_that_is_not_verified(trusted):
    outcome = verify_file(WHOLE, trusted)
    assert outcome.faults
    assert (outcome.receipts, outcome.observed_ms, outcome.totals) == (4, 0, {})


def test_a_cosigner_that_is_no_cosigner_or_has_no_time_is_a_fault():
    key = Ed25519PrivateKey.generate()
    cosigner = NoteKey("cosigner.example", COSIGNATURE, key.public_key())
    assert kinds(WHOLE, TrustedKeys([AUTHORITY.root], [PUBLIC_LOG_KEY], [PUBLIC_LOG_KEY])) == {
        FaultKind.COSIGNER
    }
    note = MemoryLog([encode_canonical(one.signed.envelope) for one in ENTRIES]).checkpoint()
    text, seconds = note[: note.index("\n\n") + 1], 2**63
    signature = key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    line = NoteSignature(cosigner.name, cosigner.hash, seconds.to_bytes(8) + signature).line
    content = write_file(ENTRIES, [PAIR], checkpoint=note + line)
    trusted = TrustedKeys([AUTHORITY.root], [PUBLIC_LOG_KEY], [cosigner])
    assert kinds(content, trusted) == {FaultKind.COSIGNER}


@pytest.mark.parametrize("damage", [damage_version, damage_subject])
def test_a_certificate_that_cannot_be_read_is_a_fault(damage):
    der = read_certificates(PAIR.certificates.encode())[0].public_bytes(Encoding.DER)
    before, after = (base64.b64encode(one) for one in (der, damage(der)))
    assert before in WHOLE
    found = kinds(WHOLE.replace(before, after))
    assert FaultKind.FILE in found


@pytest.mark.parametrize("other", [measure(9), measure(1, location="KX-02")])
def test_a_receipt_outside_of_the_booked_time_does_not_count(other):
    more = sign_all(PAIR, [other])
    manifest = build_manifest(ENTRIES, build_line())
    outcome = verify_file(write_file([*ENTRIES, *more], [PAIR], manifest=manifest), TRUSTED)
    assert FaultKind.OUTSIDE in {one.kind for one in outcome.faults}
    (totals,) = outcome.totals.values()
    assert totals.receipts == 4


def test_a_stated_gap_is_listed_and_an_unstated_one_is_a_fault():
    entries = [ENTRIES[0], *ENTRIES[2:]]
    outcome = verify_file(write_file(entries, [PAIR]), TRUSTED)
    assert outcome.faults == []
    (gap,) = outcome.missing
    assert (gap.starts_at, gap.ends_at) == (NINE + HALF_MINUTE, NINE + 2 * HALF_MINUTE)
    hidden = build_manifest(entries, build_line(), missing=())
    (fault,) = verify_file(write_file(entries, [PAIR], manifest=hidden), TRUSTED).faults
    assert fault.kind is FaultKind.MISSING
    assert "from 2026-11-20 09:00:30Z to 2026-11-20 09:01:00Z" in fault.sentence


def test_a_receipt_cut_out_of_the_file_is_missing_and_the_file_changed():
    head, *blocks = WHOLE.split(b"c2sp.org/tlog-proof@v1\n")
    cut = b"c2sp.org/tlog-proof@v1\n".join([head, *blocks[:1], *blocks[2:]])
    assert kinds(cut) == {FaultKind.FILE, FaultKind.MISSING}


def test_a_required_cosigner():
    key = Ed25519PrivateKey.generate()
    cosigner = NoteKey("cosigner.example", COSIGNATURE, key.public_key())
    trusted = TrustedKeys([AUTHORITY.root], [PUBLIC_LOG_KEY], [cosigner])
    assert kinds(WHOLE, trusted) == {FaultKind.COSIGNER}
    log = MemoryLog([encode_canonical(one.signed.envelope) for one in ENTRIES])
    note = log.checkpoint()
    text = note[: note.index("\n\n") + 1]
    signature = key.sign(f"cosignature/v1\ntime 1764000000\n{text}".encode())
    line = NoteSignature(cosigner.name, cosigner.hash, (1764000000).to_bytes(8) + signature).line
    assert kinds(write_file(ENTRIES, [PAIR], checkpoint=note + line), trusted) == set()


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(position, mask):
    changed = bytearray(WHOLE)
    changed[position] ^= mask
    assert verify_file(bytes(changed), TRUSTED).faults


@pytest.mark.parametrize("bit", [0, 5])
def test_any_changed_bit_of_the_signature_is_found(bit):
    begin = WHOLE.rindex(ORIGIN.encode())
    for position in range(begin, len(WHOLE)):
        changed = bytearray(WHOLE)
        changed[position] ^= 1 << bit
        assert verify_file(bytes(changed), TRUSTED).faults


@pytest.mark.parametrize("content", [b"", b"\xff", b"onlooker.receipts@v1\n", WHOLE[:-1]])
def test_what_is_no_file_of_receipts(content):
    assert kinds(content) == {FaultKind.FILE}


def test_without_roots_chains_are_not_verified_and_the_outcome_says_so() -> None:
    outcome = verify_file(WHOLE, TrustedKeys(None, [PUBLIC_LOG_KEY]))
    assert (outcome.faults, outcome.is_root_given) == ([], False)
    assert verify_file(WHOLE, TRUSTED).is_root_given
