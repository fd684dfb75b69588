"""The notebook is a valid one without outputs, and its cells run in order."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

PATH = Path(__file__).resolve().parents[4] / "docs" / "notebooks" / "procurement.ipynb"
SOURCE = {"type": "array", "items": {"type": "string"}}
CELL = {
    "type": "object",
    "required": ["id", "cell_type", "metadata", "source"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[a-zA-Z0-9-_]{1,64}$"},
        "metadata": {"type": "object"},
        "source": SOURCE,
    },
}
MARKDOWN = CELL | {"properties": CELL["properties"] | {"cell_type": {"const": "markdown"}}}
CODE = CELL | {
    "required": [*CELL["required"], "outputs", "execution_count"],
    "properties": CELL["properties"]
    | {
        "cell_type": {"const": "code"},
        "outputs": {"type": "array", "maxItems": 0},
        "execution_count": {"type": "null"},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["metadata", "nbformat", "nbformat_minor", "cells"],
    "additionalProperties": False,
    "properties": {
        "nbformat": {"const": 4},
        "nbformat_minor": {"const": 5},
        "metadata": {
            "type": "object",
            "properties": {
                "kernelspec": {"type": "object", "required": ["name", "display_name"]},
                "language_info": {"type": "object", "required": ["name"]},
            },
        },
        "cells": {"type": "array", "items": {"oneOf": [MARKDOWN, CODE]}},
    },
}
"""What nbformat 4.5 requires of such cells, and that none has an output."""


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PATH.read_text())
    return content


@pytest.fixture
def drawn() -> Iterator[None]:
    mpl.use("agg")
    yield
    plt.close("all")


def test_it_is_valid_and_names_no_place_of_one_machine(notebook):
    jsonschema.validate(notebook, SCHEMA)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(names) == len(set(names))
    assert re.findall(r"/(?:home|root|tmp|work|Users)\b|\b[A-Z]:\\", PATH.read_text()) == []


def test_its_cells_run_in_order(notebook, drawn, capsys):
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            code = compile("".join(cell["source"]), f"{PATH.name}:{cell['id']}", "exec")
            exec(code, namespace)
    assert namespace["status"] == 0
    assert {vendor: abs(days) <= 10 for vendor, days in namespace["days_off"].items()} == {
        "V17": True, "V41": True,
    }  # fmt: skip
    assert namespace["changes"][0]["likeliest_driver"] == "contract"
    titles = [axes.get_title() for number in plt.get_fignums() for axes in plt.figure(number).axes]
    assert titles == [
        "Mean days of each step, all vendors", "V17: days from invoice to payment",
        "V41: days from invoice to payment", "V17", "V41",
    ]  # fmt: skip
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    assert not namespace["folder"].exists()
    assert "6000 rows loaded, 0 refused" in capsys.readouterr().out
