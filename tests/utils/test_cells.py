import pytest

from featfer.utils.cells import escape_cell, unescape_cell


@pytest.mark.parametrize(("cell", "expected"), [
    ("=1+1", "'=1+1"), ("+1", "'+1"), ("-a.jpg", "'-a.jpg"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "'\ra"), ("'=a", "''=a"),
    ("'til.jpg", "'til.jpg"), ("a=1", "a=1"), ("", ""), (-1.5, -1.5), (None, None)])
def test_texts_that_begin_as_formulas_get_an_apostrophe(cell, expected):
    assert escape_cell(cell) == expected


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''-a", "'til.jpg", "a.jpg", "@", ""])
def test_escaped_text_is_unescaped(text):
    assert unescape_cell(escape_cell(text)) == text
