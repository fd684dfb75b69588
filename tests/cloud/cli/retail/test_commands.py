"""`python -m cloud retail`: what cannot be done is refused."""

import pytest

from tests.cloud.cli.retail.conftest import Run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("load",), "give --stores, --products or --points"),
        (("load", "--points", "none.csv"), "cannot be read"),
        (("load", "--stores", "none.csv"), "cannot be read"),
        (("load", "--points", "x", "--source", ""), "use 1 to 63 characters"),
        (("errors", "show", 9), "the error queue has no entry 9"),
        (("errors", "repair", 9, "--set", "price"), "write FIELD=VALUE"),
        (("stream", "--kinesis", "s", "--share", "g"), "--kinesis reads none"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: tuple[object, ...], sentence: str, retail: Run
) -> None:
    status, _, error = retail(*words)
    assert status == 2
    assert sentence in error
