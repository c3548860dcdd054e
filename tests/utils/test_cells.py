import pytest

from featfer.utils.cells import escape_cell, format_rows, replace_bytes, unescape_cell


@pytest.mark.parametrize(("cell", "expected"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-a.jpg", "'-a.jpg"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "'\ra"), ("'=a", "''=a"),
    ("'til.jpg", "'til.jpg"), ("a=1", "a=1"), ("", ""), (-1.5, -1.5), (None, None)])
def test_texts_that_begin_as_formulas_get_an_apostrophe(cell, expected):
    assert escape_cell(cell) == expected


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''-a", "'til.jpg", "a.jpg", "@", ""])
def test_escaped_text_is_unescaped(text):
    assert unescape_cell(escape_cell(text)) == text


def test_rows_are_bytes_with_escaped_texts_and_empty_cells():
    assert format_rows([["a", "=b", None, 1.5], ["c,d", "", 0, True]]) == b"a,'=b,,1.5\r\n\"c,d\",,0,True\r\n"


def test_names_keep_their_bytes_in_rows_and_are_valid_text_otherwise():
    name = b"a\xff.png".decode(errors="surrogateescape")
    assert format_rows([[name]]) == b"a\xff.png\r\n"
    assert replace_bytes(name) == "a\ufffd.png"
