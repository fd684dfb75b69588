"""The PDF has the words of the document, on several pages, tagged; names are no markup."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pypdf
import pypdfium2
import pytest

from cloud.billing.documents.pdf import write_pdf


@pytest.fixture(scope="module")
def pages(documents):
    """The text of each page of the long invoice, as another program reads it."""
    with pypdfium2.PdfDocument(write_pdf(documents["invoice"])) as pdf:
        texts = []
        for number in range(len(pdf)):
            page = pdf[number]
            text = page.get_textpage()
            texts.append(" ".join(text.get_text_bounded().split()))
            text.close()
            page.close()
        return texts


def test_each_page_has_its_header_and_number(pages):
    assert len(pages) == 2
    for number, text in enumerate(pages, 1):
        assert "No. Service Quantity Price, GBP Amount, GBP" in text
        assert text.endswith(f"Page {number} of 2")
    assert pages[0].startswith("Invoice INV-2026-000001 From Example Media Ltd")


def test_names_are_set_as_text(pages):
    assert "Müller & Søn #evil() *bold* <b>Жизнь</b> Ωmega and partners" in pages[0]
    assert "Payment due 4 January 2027" in pages[0]


def test_lines_and_totals_are_those_of_the_document(pages, documents):
    assert "61 Agency commission, 15 % of 450.00 GBP -1 67.50 -67.50" in pages[1]
    assert "Without VAT 382.50 VAT 20 % (category S) 76.50 Total with VAT 459.00" in pages[1]
    assert pages[1].count("7.50") > 20


def test_the_pages_are_a4_and_not_empty(documents):
    with pypdfium2.PdfDocument(write_pdf(documents["credit_note"])) as pdf:
        page = pdf[0]
        assert [round(side) for side in page.get_size()] == [595, 842]
        bitmap = page.render(scale=0.3, grayscale=True)
        dark = sum(value < 128 for value in bytes(bitmap.buffer))
        bitmap.close()
        page.close()
    assert 100 < dark < 10_000


def test_it_is_tagged_with_headings_and_tables_and_names_its_language(documents):
    root = pypdf.PdfReader(io.BytesIO(write_pdf(documents["abroad"]))).trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"].value is True
    kinds = set(list_kinds(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/TR"} <= kinds


def list_kinds(node):
    """The kinds of the elements of a structure tree."""
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        inner = child.get_object()
        if isinstance(inner, dict) and "/S" in inner:
            yield inner["/S"]
            yield from list_kinds(inner)


def test_a_tentative_document_says_so_and_unknown_scripts_are_marked(documents):
    with pypdfium2.PdfDocument(write_pdf(documents["tentative"])) as pdf:
        page = pdf[len(pdf) - 1]
        text = page.get_textpage()
        words = " ".join(text.get_text_bounded().split())
        text.close()
        page.close()
    assert "This is not an invoice" in words
    assert "Invoice, tentative" in words


def test_several_documents_are_set_at_once(documents):
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(write_pdf, documents["invoice"]) for _ in range(4)]
        assert {one.result()[:4] for one in asked} == {b"%PDF"}


def test_a_letter_that_no_font_has_is_printed_as_a_question_mark(documents):
    tentative = documents["tentative"]
    content = msgspec.structs.replace(tentative.content, campaign="Müller \u0500 \u2028 omega")
    with pypdfium2.PdfDocument(write_pdf(replace(tentative, content=content))) as pdf:
        page = pdf[0]
        text = page.get_textpage()
        assert "Müller ? ? omega" in text.get_text_bounded()
        text.close()
        page.close()
