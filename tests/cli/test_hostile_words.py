"""Nonsense on the command line: refused in one line, never with a traceback."""

import pytest
from featfer_cli.options import parse_value
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from featfer.cnn.recipe import parse_recipe
from featfer.datasets.splitting import make_split_plan
from featfer.errors import FeatferError
from featfer.extraction.chunks import parse_shard
from featfer.faces import check_view
from featfer.features import make_features
from featfer.finetuning.recipe import make_recipe
from featfer.labels import find_labels

ODD = ["", " ", "9" * 5000, "(" * 5000, "[1," * 3000, "-" * 5000, "1e999", "nan", "\0", "²", "\u0661", "{'a':", "../x",
       "/dev/zero", "stage:" + "9" * 5000 + "x1x1", "stage:128x8x8/0x0", "lbp:" + "9" * 5000, "crop:" + "9" * 5000, "crop:²",
       "hog:²",
       "turn:" + "9" * 5000, "shift:1e400:2", "zoom:nan", "jitter:" + "9" * 5000, "bovw:", "bovw:\0", "bovw:/dev/zero",
       "9" * 5000 + "/1", "0/0/0", "²/1/1", "80/10/10/", "mine.toml", "\0.toml", "a" * 5000 + ".toml"]
READERS = {"features": make_features, "drawing": make_split_plan, "view": check_view, "share": parse_shard,
           "labels": find_labels,
           "views of a feature": lambda text: make_features("embedding", view=text),
           "alignment": lambda text: make_features("hog", align=text),
           "network": lambda text: make_features("stage:128x8x8", network=text),
           "device": lambda text: make_features("embedding", device=text),
           "precision": lambda text: make_features("embedding", precision=text)}
KNOWN = ["epochs", "batch", "lr", "milestones", "augment", "adversarial", "optimizer", "steps", "keep", "average", "features",
         "smoothing", "precision"]
PLAIN = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                     lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
                     max_leaves=5)
QUICK = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def is_read_or_refused(read, value):
    try:
        read(value)
    except FeatferError as error:
        assert str(error) and str(error).isprintable()


def odd_words_first(test):
    """Have hypothesis try the odd words before those that it finds."""
    for text in ODD:
        test = example(text)(test)
    return test


@pytest.mark.parametrize("reader", READERS)
def test_any_words_are_read_or_refused(reader):
    @QUICK
    @odd_words_first
    @given(st.text(max_size=20) | st.from_regex(r"[a-z]{2,9}:[0-9x/:.+-]{1,9}", fullmatch=True))
    def tried(text):
        is_read_or_refused(READERS[reader], text)
    tried()


@QUICK
@odd_words_first
@given(st.text(max_size=30))
def test_any_value_of_a_parameter_is_a_value_or_a_text(text):
    parse_value(text)


@QUICK
@given(st.dictionaries(st.sampled_from(KNOWN) | st.text(max_size=8), PLAIN, max_size=4))
def test_any_plain_data_is_a_recipe_or_refused(data):
    is_read_or_refused(parse_recipe, data)


@QUICK
@given(st.dictionaries(st.sampled_from(["epochs", "batch", "lr", "frozen", "turn", "seed", "average"]), PLAIN, max_size=3))
def test_any_plain_data_is_a_recipe_of_fine_tuning_or_refused(data):
    is_read_or_refused(lambda params: make_recipe(**params), data)
