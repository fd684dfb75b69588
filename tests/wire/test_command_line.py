"""A command line keeps secrets: addresses come from files, errors quote none."""

import pytest

from wire.addresses import AddressError
from wire.command_line import Parser, address_argument, address_in, row_count, row_id, whole_number


@pytest.fixture
def parser():
    parser_of_tool = Parser(prog="tool")
    parser_of_tool.add_argument("--source", type=address_argument)
    parser_of_tool.add_argument("--port", type=int)
    actions = parser_of_tool.add_subparsers(dest="action")
    actions.add_parser("go").add_argument("--kind", choices=("a", "b"))
    return parser_of_tool


def test_an_address_is_read_from_a_file(parser, tmp_path):
    file = tmp_path / "camera address"
    file.write_text("rtsp://me:s3cret@cam.example/x\n")
    assert parser.parse_args(["--source", f"@{file}"]).source == "rtsp://me:s3cret@cam.example/x"
    assert address_in("rtsp://cam.example") == "rtsp://cam.example"


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe"])
def test_a_file_without_one_line_is_refused(tmp_path, content):
    file = tmp_path / "address"
    file.write_bytes(content)
    with pytest.raises(AddressError, match=r"must hold one line|it is not text"):
        address_in(f"@{file}")


def test_a_file_that_is_not_there_is_refused(parser, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(["--source", "@/no/such/file"])
    assert "/no/such/file cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--source", "rtsp://me:pa", "s3cret@cam.example/x"],
            "this value is not a choice: give go",
        ),
        (["go", "--sourc=rtsp://me:s3cret@cam/x"], "unrecognized arguments: --sourc\n"),
        (["go", "s3cret@cam"], "unrecognized arguments: 1 more (a space needs quotes)"),
        (["--port", "rtsp://me:s3cret@cam/x"], "rtsp://cam:554"),
        (["go", "--kind", "rtsp://me:s3cret@cam/x"], "this value is not a choice: give a, b"),
        (["go", "--kind", "c"], "'c' is not a choice: give a, b"),
        (["rtsp://me:s3cret@cam/x"], "this value is not a choice: give go"),
    ],
)
def test_an_error_quotes_no_address(parser, capsys, arguments, sentence):
    with pytest.raises(SystemExit) as end:
        parser.parse_args(arguments)
    printed = capsys.readouterr().err
    assert end.value.code == 2
    assert sentence in printed
    assert "s3cret" not in printed


@pytest.mark.parametrize(
    ("kind", "text"),
    [(row_id, "0"), (row_id, "9223372036854775808"), (row_id, "9" * 5000), (row_id, "1_000"),
     (row_id, "\u0661"), (row_id, " 1"), (row_count, "-1"), (row_count, "0"),
     (row_count, "1000001"), (row_count, "1.5"), (whole_number(2, 3), "1")],
)  # fmt: skip
def test_a_number_that_no_table_can_hold_is_refused(capsys, kind, text):
    parser_of_tool = Parser(prog="tool")
    parser_of_tool.add_argument("--number", type=kind)
    with pytest.raises(SystemExit):
        parser_of_tool.parse_args([f"--number={text}"])
    assert "write a whole number from" in capsys.readouterr().err


def test_a_whole_number_is_read():
    assert (row_id("9223372036854775807"), row_count("50")) == (2**63 - 1, 50)
