import pytest

from featfer.utils.words import count


@pytest.mark.parametrize(("number", "words", "expected"), [
    (1, ("image",), "1 image"), (0, ("image",), "0 images"), (2345, ("image",), "2,345 images"),
    (1, ("copy", "copies"), "1 copy"), (2, ("image has", "images have"), "2 images have")])
def test_nouns_agree_with_their_number(number, words, expected):
    assert count(number, *words) == expected
