"""A query is one SELECT; an upload has files, a query or both."""

import msgspec
import pytest

from cloud.products.definitions.product import Upload
from cloud.products.definitions.query import UploadQuery

COLUMNS = {"a": {"type": "text"}}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"statement": "DROP TABLE x"}, "begins with SELECT or WITH"),
        ({"statement": "SELECT 1; DROP TABLE x"}, "remove the semicolon"),
        ({"address_variable": "postgresql://ann:x@host/y"}, "address_variable"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_a_query_that_is_not_one_select_is_refused(values, reason):
    query = {"address_variable": "DATABASE", "statement": "select 1"}
    assert msgspec.convert(query, UploadQuery).timeout_s == 60
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(query | values, UploadQuery)


def test_an_upload_without_files_and_query_is_refused():
    upload = {"table": "t", "title": "T", "columns": COLUMNS}
    with pytest.raises(msgspec.ValidationError, match="expected files, query or both"):
        msgspec.convert(upload, Upload)
