"""A step is printed when it begins, its time when it has ended."""

import re

import pytest

from simulators.demo.console import print_line, print_step


def test_a_step_is_printed_with_its_time(capsys):
    with print_step("broker"):
        assert capsys.readouterr().out.rstrip() == "broker"
    assert re.fullmatch(r" +[0-9]+\.[0-9] s\n", capsys.readouterr().out)


def test_a_step_that_fails_has_no_time(capsys):
    with pytest.raises(OSError, match="no broker"), print_step("broker"):
        raise OSError("no broker")
    print_line("after it")
    assert capsys.readouterr().out.split("broker")[1].strip() == "after it"
