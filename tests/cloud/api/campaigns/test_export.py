"""Performance and history as CSV and PDF: the figures of the JSON answers; unknown is empty."""

import csv
import io

import pypdfium2

from tests.cloud.api.campaigns.conftest import SPRING, WINTER, CampaignApi


def read_rows(api: CampaignApi, path: str) -> list[dict[str, str]]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_rows_of_the_performance_are_its_parts_and_their_total(api: CampaignApi) -> None:
    rows = read_rows(api, f"/api/campaigns/{WINTER}/performance.csv?by=creative")
    shown = api.get(f"/api/campaigns/{WINTER}/performance?by=creative").json()
    assert [row["creative"] for row in rows] == ["a", "total"]
    total = rows[-1]
    assert (total["plays"], total["ots"], total["price"]) == ("30", "75.0", "1.20")
    assert float(total["ots_p90"]) == shown["totals"]["ots"]["high"]
    assert total["currency"] == "GBP"


def test_what_is_not_known_is_an_empty_field(api: CampaignApi) -> None:
    hours = read_rows(api, f"/api/campaigns/{WINTER}/history.csv?step=hour")
    assert [(row["starts_at"], row["ots"]) for row in hours] == [
        ("2026-11-23T07:00:00Z", "75.0"), ("2026-11-23T08:00:00Z", ""),
    ]  # fmt: skip


def test_the_report_states_the_figures_and_what_is_not_known(api: CampaignApi) -> None:
    answer = api.get(f"/api/campaigns/{WINTER}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(answer.content) as pdf:
        page = pdf[0]
        text = page.get_textpage()
        words = " ".join(text.get_text_bounded().split())
        text.close()
        page.close()
    assert words.startswith("Campaign report: Winter Advertiser Acme")
    assert "Plays 30 of 120 booked" in words
    assert "late reports may still change it" in words


def test_another_account_has_no_file_of_the_campaign(api: CampaignApi) -> None:
    for end in ("performance.csv", "history.csv", "report.pdf", "observation"):
        assert api.get(f"/api/campaigns/{SPRING}/{end}").status_code == 404
