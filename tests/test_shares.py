import numpy as np
import pytest

from featfer.errors import ParameterError
from featfer.labels import FER7
from featfer.shares import are_shares, read_shares


def test_shares_sum_to_1_in_the_order_of_the_labels():
    assert read_shares("neutral=50, Happiness=40,angry=10", FER7) == {"angry": 0.1, "happy": 0.4, "neutral": 0.5}


@pytest.mark.parametrize(("name", "text"), [("a.toml", "happy = 3\nsad = 1\n"), ("a.json", '{"happy": 0.75, "sad": 0.25}')])
def test_shares_of_a_file(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_shares(str(tmp_path / name), FER7) == {"happy": 0.75, "sad": 0.25}


@pytest.mark.parametrize(("text", "words"), [
    ("happy", "'happy' is not NAME=SHARE"), ("happy=x", "'happy=x' is not NAME=SHARE"), ("", "is not NAME=SHARE"),
    ("bored=1", "label 'bored' is not in fer7"), ("happy=1,joy=2", "happy stands there twice"),
    ("happy=-1", "-1.0 of happy is not a number from 0"), ("happy=inf", "inf of happy is not a number"),
    ("happy=nan", "nan of happy is not a number"), ("happy=0", "all are 0"), ("gone.toml", "gone.toml: cannot be read"),
    ("gone.json", "gone.json: cannot be read")])
def test_what_is_no_share_is_named(text, words):
    with pytest.raises(ParameterError, match=words):
        read_shares(text, FER7)


@pytest.mark.parametrize("text", ['{"happy": true}', '{"happy": "many"}', '{"happy": [1]}', "[1]", "{"])
def test_a_file_with_something_else_is_refused(tmp_path, text):
    path = tmp_path / f"{'a-long-name-' * 8}shares.json"
    path.write_text(text)
    with pytest.raises(ParameterError, match=r"shares\.json"):
        read_shares(str(path), FER7)


@pytest.mark.parametrize("shares", [{"yes": 3, "no": 1}, {"no": np.float32(0.5), "yes": 0}, {"yes": 1e30, "no": 1}], ids=str)
def test_shares_of_each_name_in_any_order(shares):
    assert are_shares(shares, ("no", "yes"))


@pytest.mark.parametrize("shares", [
    {"yes": 1}, {"yes": 1, "no": 1, "perhaps": 1}, {"yes": 0, "no": 0}, {"yes": -1, "no": 2}, {"yes": np.nan, "no": 1},
    {"yes": np.inf, "no": 1}, {"yes": 10**400, "no": 1}, {"yes": True, "no": 1}, {"yes": "1", "no": 1}, ["yes", "no"], None],
    ids=lambda shares: str(shares)[:20])
def test_what_is_no_share_of_each_name(shares):
    assert not are_shares(shares, ("no", "yes"))
