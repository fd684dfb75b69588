"""Pack sizes in different units are the same quantity."""

import pytest

from cloud.ingest.retail.pack_sizes import PackSizeError, is_same_size, parse_pack_size


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [("1 l", "1000 ml", True), ("6 x 330 ml", "1.98 l", True), ("250g", "0.25 kg", True),
     ("64 fl oz", "1.89 l", True), ("6x1,5 l", "9 l", True), ("1 l", "6 x 1 l", False),
     ("1 l", "1 kg", False), ("12 pcs", "12 pc", True), ("large", "large", True),
     ("large", "small", False), ("large", "1 l", False)],
)  # fmt: skip
def test_sizes_are_compared_by_quantity(first: str, second: str, *, is_same: bool) -> None:
    assert is_same_size(first, second) is is_same


@pytest.mark.parametrize("text", ["", "1", "litre", "1 parsec", "1e9 l", "-1 l", "1 l 2"])
def test_a_text_that_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(PackSizeError, match="expected a size such as"):
        parse_pack_size(text)
