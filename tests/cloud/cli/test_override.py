"""A price set on the command line follows the rules of the API and is in the same log."""

import pytest

from cloud import database
from cloud.app.context import AppContext
from cloud.auth import audit
from cloud.sites.sites_file import load_sites

SLOT = ["KX-01", "2026-11-23T08:00"]
PRICE = "/api/pricing/slot/KX-01/2026-11-23T08:00"
SET = ["set", *SLOT, "45.67", "--reason", "agreed in March", "--author", "Mary"]


def test_it_is_set_listed_and_withdrawn_as_by_the_api(ask, context: AppContext, override, capsys):
    assert override(*SET) == 0
    assert override("list") == override("list", "KX-01") == 0
    line = "     1  KX-01/2026-11-23T08:00:00+00:00  45.67  until withdrawn  Mary: agreed in March"
    assert capsys.readouterr().out.splitlines() == [line] * 3
    assert ask.get(PRICE).json()["override"]["author"] == "Mary"
    assert override("withdraw", *SLOT, "--author", "Ann") == 0
    assert capsys.readouterr().out.splitlines() == [line.replace("until withdrawn", "withdrawn")]
    assert override("list") == 0
    assert capsys.readouterr().out == ""
    with database.reading(context.engine) as connection:
        audit.verify_chain(connection)
        entries = [(one.actor, one.action) for one in audit.read_entries(connection)]
    assert entries == [("Mary", "price.override"), ("Ann", "price.override.withdraw")]


def test_one_place_lists_only_its_own(override, capsys):
    other = next(site.id for site in load_sites() if site.id != "KX-01")
    assert override(*SET) == 0
    capsys.readouterr()
    assert override("list", other) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["set", *SLOT, "0.01", "--reason", "cheap"], "the floor and the ceiling of reference-2"),
        (["set", *SLOT, "99999", "--reason", "dear"], "the floor and the ceiling of reference-2"),
        (["set", *SLOT, "45.678", "--reason", "odd"], "write at most 2 decimals for GBP"),
        (["set", *SLOT, "NaN", "--reason", "odd"], "`price`: Input should be a finite number"),
        (["set", *SLOT, "much", "--reason", "odd"], "`price`: Input should be a valid decimal"),
        (["set", *SLOT, "45", "--reason", "a\nb"], "`reason`"),
        (["set", *SLOT, "45", "--reason", "why", "--until", "soon"], "`until`"),
        (["set", *SLOT, "45", "--reason", "why", "--until", "2026-11-22T08:00"], "`until`"),
        (
            ["set", *SLOT, "45", "--reason", "why", "--until", "2020-01-01T00:00Z"],
            "within 400 days",
        ),
        (["set", "KX-01", "2026-11-20T11:00", "45", "--reason", "late"], "is over"),
        (["set", "KX-01", "2026-11-23", "45", "--reason", "which hour"], "2026-11-23"),
        (["set", "XX-99", "2026-11-23T08:00", "45", "--reason", "where"], "no location 'XX-99'"),
        (["list", "XX-99"], "no location 'XX-99'"),
        (["withdraw", *SLOT], "no price is set for that slot"),
    ],
)
def test_every_refusal_is_a_sentence_and_changes_nothing(
    ask, context: AppContext, override, capsys, words: list[str], sentence: str
):
    before = ask.get(PRICE).content
    assert override(*words) == 1
    output = capsys.readouterr()

    assert sentence in output.err
    assert output.out == ""
    assert ask.get(PRICE).content == before
    with database.reading(context.engine) as connection:
        assert list(audit.read_entries(connection)) == []


@pytest.mark.parametrize("author", ["", " ", "a\nb", "x" * 121])
def test_an_author_is_a_line_of_text(override, capsys, author: str):
    with pytest.raises(SystemExit):
        override(*SET[:-1], author)
    assert "is no author" in capsys.readouterr().err
