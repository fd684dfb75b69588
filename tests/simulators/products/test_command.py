"""Files of a data product are written where they are asked for, and the cloud can load them."""

from pathlib import Path

import pytest

from cloud.products.definitions.product import find_product
from cloud.products.uploads.load import find_upload
from cloud.products.uploads.preview import preview_file
from simulators.__main__ import main


@pytest.mark.parametrize("name", ["contact_centre", "orders", "procurement", "sales"])
def test_every_row_of_the_files_can_be_loaded(name, tmp_path: Path, capsys):
    words = ["products", name, "--rows", "500", "--days", "90", "--out", str(tmp_path)]
    assert main(words) == 0
    assert f"{tmp_path}/" in capsys.readouterr().out
    product = find_product(name)
    for path in tmp_path.iterdir():
        upload = find_upload(product, path.name)
        assert upload is not None
        preview = preview_file(path, upload)
        assert (preview.bad_count, preview.ignored) == (0, [])
