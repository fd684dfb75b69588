"""PDF documents: values are text, and a fault names the template."""

from datetime import date
from pathlib import Path

import pytest

from cloud.pdf_document import PdfError, write_day, write_pdf_document

DAY = date(2027, 1, 4)


def test_a_template_that_cannot_be_set_is_named(tmp_path: Path) -> None:
    template = tmp_path / "broken.typ"
    template.write_text("#unknown()")
    with pytest.raises(PdfError, match=r"broken\.typ"):
        write_pdf_document(template, {}, DAY)


def test_values_are_no_markup_and_unknown_characters_are_question_marks(tmp_path: Path) -> None:
    template = tmp_path / "plain.typ"
    head = '#let d = json(bytes(sys.inputs.document))\n#set document(title: "t")\n'
    template.write_text(head + '#assert(d.name == "*x* #evil() ??")\n#d.name\n')
    values = {"name": "*x* #evil() \U00013000\U00013001"}
    assert write_pdf_document(template, values, DAY).startswith(b"%PDF")


def test_a_day_is_written_for_people() -> None:
    assert write_day(DAY) == "4 January 2027"
