"""Errors are one line, whatever they contain."""

import pytest

from featfer.errors import DataError, WriteError, to_one_line


@pytest.mark.parametrize(("text", "line"), [
    ("plain é 顔", "plain é 顔"), ("two\nlines\r\t", r"two\nlines\r\t"), ("\x1b[31mred", r"\x1b[31mred"), ("a\0b", r"a\x00b"),
    (b"\xff.png".decode(errors="surrogateescape"), r"\udcff.png"), ("\u202egnp", r"\u202egnp"), ("", "")])
def test_what_cannot_be_printed_is_escaped(text, line):
    assert to_one_line(text) == str(DataError(text)) == line


def test_a_file_that_cannot_be_written_is_named_in_a_line():
    assert str(WriteError(28, "No space left on device", "a\nb")) == r"a\nb: cannot be written (No space left on device)"
