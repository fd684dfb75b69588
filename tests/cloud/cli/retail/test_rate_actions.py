"""Exchange rates are loaded and listed."""

from pathlib import Path

from tests.cloud.cli.retail.conftest import Run


def test_the_newest_rates_are_listed_first(retail: Run, tmp_path: Path) -> None:
    rates = tmp_path / "rates.csv"
    lines = ["base_currency,currency,rated_on,rate", "GBP,EUR,2026-03-06,0.85",
             "GBP,EUR,2026-03-09,0.86"]  # fmt: skip
    rates.write_text("\n".join(lines))
    assert retail("rates", "load", rates)[:2] == (0, "2 rows of rates.csv loaded\n")
    _, out, _ = retail("rates", "list", "--limit", 1)
    assert out == "2026-03-09  1 EUR = 0.86 GBP\n"


def test_a_file_of_something_else_is_refused(retail: Run, tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("a,b\n")
    status, _, error = retail("rates", "load", tmp_path / "rates.csv")
    assert (status, "found the columns a, b" in error) == (2, True)
