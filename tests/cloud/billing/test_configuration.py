"""The billing file is accepted as a whole, or refused with the place of its first error."""

import pytest

from cloud.billing.configuration import SAMPLE, load_billing
from cloud.yaml_document import DocumentError


def test_the_sample_is_valid():
    config = load_billing()
    assert (config.late_data_days, config.series.credit_note) == (7, "CN")
    assert config.seller.zone.key == "Europe/London"


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("GB100000034", "GB100000035", "no VAT number of GB"),
        ("GB33BUKB", "GB34BUKB", "wrong check digits"),
        ("Europe/London", "Europe/Nowhere", "timezone 'Europe/Nowhere' is not known"),
        ("credit_note: CN", "credit_note: INV", "need different series"),
        ("country: GB,", "country: FR,", "no rate of GB"),
        ("late_data_days: 7", "late_data_days: -1", "late_data_days"),
        ("terms_days", "term_days", "did you mean 'terms_days'"),
        ('"20"', '"120"', "above 0 and below 100"),
        ("exceptions: []", "exceptions: [{category: S, valid_from: 2026-01-01, reason: abc, "
         "country: US}]", "an exception has Z or E"),
        ("exceptions: []", "exceptions: [{category: E, valid_from: 2026-01-01, reason: abc}]",
         "either an account or a country"),
    ],
)  # fmt: skip
def test_a_file_with_an_error_is_refused(tmp_path, written, instead, reason):
    text = SAMPLE.read_text()
    assert written in text
    file = tmp_path / "billing.yaml"
    file.write_text(text.replace(written, instead))
    with pytest.raises(DocumentError, match=reason):
        load_billing(file)
