import msgspec
import pytest

from wire.scalars import (
    Count,
    Device,
    Instant,
    Journal,
    Sentence,
    Sequence,
    SequenceRange,
    Word,
)

LARGEST = 2**53 - 1


def is_valid(value, kind):
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "valid", "invalid"),
    [
        (
            Device,
            ["a", "0", "kx-01_cam-1", "A" * 63],
            ["", "-a", "_a", "a b", "a/b", "a+", "#", "é", "a\n", "A" * 64, 7, None],
        ),
        (
            Journal,
            ["0" * 16, "00c0ffee00c0ffee"],
            ["0" * 15, "0" * 17, "00C0FFEE00C0FFEE", "g" * 16, "0" * 16 + "\n"],
        ),
        (Count, [0, 1, LARGEST], [-1, LARGEST + 1, 1.5, "1", True, None]),
        (Sequence, [1, LARGEST], [0, -1, LARGEST + 1]),
        (
            Instant,
            ["2026-11-23T08:00:00Z", "2026-11-23T09:00:00+01:00"],
            ["2026-11-23T08:00:00", "2026-11-23", "8 o'clock", ""],
        ),
        (Word, ["x", "x" * 64], ["", "x" * 65]),
        (Sentence, ["", "x" * 500], ["x" * 501]),
    ],
)
def test_a_scalar_accepts_its_range_and_nothing_else(kind, valid, invalid):
    assert [value for value in valid if not is_valid(value, kind)] == []
    assert [value for value in invalid if is_valid(value, kind)] == []


def test_a_range_may_cover_one_sequence_number():
    assert SequenceRange(first=7, last=7).last == 7


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValueError, match=r"ends \(6\) before it starts \(7\)"):
        SequenceRange(first=7, last=6)


def test_a_message_refuses_unknown_fields_and_stays_as_it_is():
    with pytest.raises(msgspec.ValidationError, match="unknown field `middle`"):
        msgspec.json.decode(b'{"first":1,"middle":2,"last":3}', type=SequenceRange)
    with pytest.raises(AttributeError):
        SequenceRange(first=1, last=2).last = 3
