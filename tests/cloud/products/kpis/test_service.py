"""Key figures stay answered when newer rows cannot be read; new ones need YAML alone."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from cloud.lake.lake import Lake
from cloud.products.definitions.product import DataProduct, find_product
from cloud.products.kpis import service as service_module
from cloud.products.kpis.definition import find_kpi, list_kpis, read_kpis
from cloud.products.kpis.service import KpiQueryError, KpiService, KpiUnavailableError
from cloud.products.kpis.statement import Grain, KpiQuery
from cloud.products.runs import promote_uploads
from cloud.products.uploads.load import Loader, ReceivedFile
from cloud.products.uploads.pseudonyms import Pseudonyms
from cloud.yaml_document import DocumentError
from tests.cloud.products.conftest import NOW

HEADING = "order,line,customer,vendor,category,date,amount,cost\n"
LATER = NOW + timedelta(minutes=1)


def load(lake: Lake, product: DataProduct, folder: Path, lines: str, *, now=NOW) -> None:
    path = folder / "lines.csv"
    path.write_text(HEADING + lines)
    loader, file = Loader(lake, Pseudonyms()), ReceivedFile(path, "lines.csv", "ann")
    loader.load(product, product.file.uploads[0], file, now=now)
    promote_uploads(lake, now=now)


@pytest.fixture
def product() -> DataProduct:
    return find_product("sales")


@pytest.fixture
def service(lake: Lake, product: DataProduct, tmp_path: Path) -> KpiService:
    load(
        lake, product, tmp_path, "S1,1,c1,V1,toys,2026-01-05,10,4\nS2,1,c2,V1,toys,2026-02-05,20,\n"
    )
    return KpiService(lake, product, start=lambda work: work())


def values(service: KpiService, name: str, query=KpiQuery(), now=NOW) -> list:  # noqa: B008
    answer = service.answer(find_kpi(service.product, name), query, now)
    return [one.value for one in answer.points]


def test_newer_rows_are_used_within_seconds(service, lake, product, tmp_path):
    assert values(service, "revenue") == [1_000, 2_000]
    load(lake, product, tmp_path, "S2,1,c2,V1,toys,2026-02-05,25,5\n", now=LATER)
    values(service, "revenue", now=LATER)
    assert values(service, "revenue", now=LATER) == [1_000, 2_500]
    assert values(service, "gross_margin", now=LATER) == [6_000, 8_000]


def test_what_is_unknown_is_not_zero(service):
    assert values(service, "gross_margin") == [6_000, None]
    assert values(service, "on_time_share") == [None, None]
    assert values(service, "revenue_growth") == [None, 10_000]
    assert values(service, "retention") == [0]


def test_a_damaged_file_and_a_silent_database_leave_the_last_good_rows(
    service, lake, product, tmp_path, monkeypatch
):
    revenue = find_kpi(product, "revenue")
    service.answer(revenue, KpiQuery(), NOW)
    load(lake, product, tmp_path, "S3,1,c2,V1,toys,2026-03-05,25,5\n", now=LATER)
    for path in lake.storage.list_files("trusted/sales_lines"):
        lake.storage.write(path, b"damaged")
    service.answer(revenue, KpiQuery(), LATER)
    answer = service.answer(revenue, KpiQuery(), LATER)
    assert [one.value for one in answer.points] == [1_000, 2_000]
    assert (answer.read_at, "sales_lines" in (answer.problem or "")) == (NOW, True)

    def time_out(*_):
        raise OperationalError("SELECT", {}, TimeoutError("timed out"))

    monkeypatch.setattr(service_module, "read_current", time_out)
    service.answer(revenue, KpiQuery(), LATER + timedelta(minutes=1))
    answer = service.answer(revenue, KpiQuery(), LATER + timedelta(minutes=1))
    assert [one.value for one in answer.points] == [1_000, 2_000]
    assert answer.problem


def test_without_any_rows_to_read_the_reason_is_given(lake, product, tmp_path):
    load(lake, product, tmp_path, "S1,1,c1,V1,toys,2026-01-05,10,4\n")
    for path in lake.storage.list_files("trusted/sales_lines"):
        lake.storage.write(path, b"damaged")
    with pytest.raises(KpiUnavailableError, match="sales_lines"):
        values(KpiService(lake, product), "revenue")


def test_an_empty_table_has_no_points(lake, product):
    assert values(KpiService(lake, product), "revenue") == []


def test_unknown_dimensions_and_orders_are_refused(service):
    for query in (
        KpiQuery(by=("colour",)), KpiQuery(filters=(("x", "y"),)), KpiQuery(order="cost"),
    ):  # fmt: skip
        with pytest.raises(KpiQueryError, match="is not known"):
            values(service, "revenue", query)


@pytest.mark.parametrize("grain", list(Grain))
def test_a_period_is_complete_when_the_data_reach_its_last_day(service, grain):
    answer = service.answer(find_kpi(service.product, "revenue"), KpiQuery(grain=grain), NOW)
    assert answer.last_on == date(2026, 2, 5)
    expected = {Grain.DAY: [True, True], Grain.WEEK: [True, False], Grain.MONTH: [True, False]}
    found = [one.is_complete for one in answer.points]
    assert found == expected.get(grain, [False])


def test_ten_figures_are_added_by_yaml_alone(service, lake, product, tmp_path):
    folder = tmp_path / "sales"
    folder.mkdir()
    added = "".join(
        f"  - name: cheap_{n}\n    title: Lines up to {n}\n    description: Lines of at most {n}.\n"
        f"    source: lines\n    unit: {{kind: count}}\n"
        f"    value: count(*) FILTER (amount_minor <= {n * 250})\n"
        for n in range(1, 11)
    )
    (folder / "kpis.yaml").write_text((product.folder / "kpis.yaml").read_text() + added)
    widened = DataProduct(folder, product.file, product.tables)
    own = KpiService(lake, widened)
    assert len(list_kpis(widened)) == 18
    found = [sum(values(own, f"cheap_{n}")) for n in range(1, 11)]
    assert found == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("source: lines\n", "source: rows\n", "source 'rows'"),
        ("    value: sum(amount_minor)\n", "", "expected one of value"),
        ("growth_of: revenue", "growth_of: churn", "growth_of names churn"),
        ("name: churn", "name: revenue", "the same name"),
    ],
)
def test_a_figure_that_does_not_fit_is_refused(product, tmp_path, old, new, reason):
    text = (product.folder / "kpis.yaml").read_text()
    (tmp_path / "kpis.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(DocumentError, match=reason):
        read_kpis(tmp_path)


def test_a_table_that_is_not_declared_is_named(product, lake, tmp_path):
    text = (product.folder / "kpis.yaml").read_text()
    (tmp_path / "kpis.yaml").write_text(text.replace("table: sales_lines", "table: sales_line"))
    service = KpiService(lake, DataProduct(tmp_path, product.file, product.tables))
    with pytest.raises(KpiUnavailableError, match="sales_line"):
        service.answer(list_kpis(service.product)[0], KpiQuery(), NOW)
