import numpy as np
import pytest

from featfer.classifiers.labelled import read_labels, to_label_set
from featfer.errors import ParameterError
from featfer.labels import FER3, FER7


@pytest.mark.parametrize(("given", "expected"), [
    (["happy", "Sadness", "neutral"], ([0, 1, 2], False)), (iter([0, 2]), ([0, 2], True)),
    (np.array([2, 0]), ([2, 0], True)), (np.array(["sad"]), ([1], False))])
def test_labels_are_names_or_indices(given, expected):
    codes, are_indices = read_labels(given, FER3)
    assert (codes.tolist(), are_indices) == expected


@pytest.mark.parametrize(("given", "message"), [
    (None, "^labels None: give one for each image"), ("happy", "^labels 'happy': give one for each image"),
    ([], r"^labels \[\]: give one for each image"), (["hapy"], "^label 'hapy' is not in fer3: happy, sad, neutral"),
    ([3], "^label 3: not from 0 to 2, the labels of fer3: happy, sad, neutral$"), ([-1], "^label -1: not from 0 to 2"),
    ([1.5], "^label 1.5: give all labels by name, out of happy, sad, neutral, or all as numbers from 0 to 2"),
    (["sad", 1], "^label 1: give all labels by name"), ([True, False], "^label True: give all labels by name"),
    (["sad", None], "^label None: give all labels by name")])
def test_what_is_no_label_is_told(given, message):
    with pytest.raises(ParameterError, match=message):
        read_labels(given, FER3)


def test_a_label_set_is_given_itself_by_name_or_by_file(tmp_path):
    (tmp_path / "own.toml").write_text('names = ["calm", "upset"]\n')
    assert to_label_set(FER7) is to_label_set("fer7") is FER7
    assert to_label_set(tmp_path / "own.toml").names == ("calm", "upset")
    with pytest.raises(ParameterError, match=r"^labels \['sad'\]: give a LabelSet, one of fer7, "):
        to_label_set(["sad"])
