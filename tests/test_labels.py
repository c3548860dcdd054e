"""Label sets, the maps between them, and sets in files."""

import json
import os
import pickle
import re

import pytest
from helpers.commands import succeeded

from featfer.errors import FeatferError, ParameterError
from featfer.labels import (
    AFFECTNET7,
    AFFECTNET8,
    FER3,
    FER6,
    FER7,
    LABEL_SETS,
    MAPS,
    POLARITY3,
    LabelSet,
    choose_label_set,
    find_labels,
    is_expression,
    map_known_labels,
    map_labels,
    record_label_set,
    restore_label_set,
)

MOODS = """
names = ["calm", "upset", "glad"]
[from.fer7]
angry = "upset"
disgust = "upset"
fear = "upset"
happy = "glad"
sad = "upset"
surprise = ""
neutral = "calm"
"""


@pytest.fixture
def moods(tmp_path):
    """Path of a file with a label set."""
    path = tmp_path / "moods.toml"
    path.write_text(MOODS)
    return path


def named(source, target):
    """Return the name that each label of a set has in another; None where it is left out."""
    names = [*target.names, None]
    return dict(zip(source.names, [names[label] for label in map_labels(source, target)], strict=True))


# -- the sets ---------------------------------------------------------------------------------------------------------

def test_fer7_has_the_order_of_the_csv():
    assert FER7.names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert len(FER7) == 7


def test_affectnet8_has_the_order_of_affectnet_s_codes():
    assert AFFECTNET8.names == ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
    assert AFFECTNET7.names == AFFECTNET8.names[:7]


@pytest.mark.parametrize(("name", "label"), [("angry", 0), ("Happy", 3), (" NEUTRAL ", 6), ("anger", 0), ("Sadness", 4),
                                             ("surprised", 5), ("fearful", 2), ("disgusted", 1), ("happiness", 3)])
def test_index_in_any_letter_case_and_by_synonyms(name, label):
    assert FER7.index(name) == label
    assert name in FER7


@pytest.mark.parametrize("name", ["contempt", "", "3"])
def test_unknown_name_is_shown_with_those_known(name):
    assert name not in FER7
    with pytest.raises(ParameterError) as caught:
        FER7.index(name)
    assert str(caught.value) == f"label {name!r} is not in fer7: angry, disgust, fear, happy, sad, surprise, neutral"


def test_a_set_that_has_both_a_name_and_its_synonym_tells_them_apart():
    both = LabelSet("both", ("anger", "angry"))
    assert (both.index("angry"), both.index("anger"), both.index("ANGRY")) == (1, 0, 0)


def test_parameter_errors_are_value_errors_too():
    assert issubclass(ParameterError, FeatferError)
    assert issubclass(ParameterError, ValueError)


def test_label_sets_are_found_by_name():
    assert list(LABEL_SETS) == ["fer7", "fer6", "fer3", "affectnet8", "affectnet7", "polarity3"]
    assert find_labels("fer6") is FER6
    with pytest.raises(ParameterError, match=r"labels 'fer5': give one of fer7, fer6, .*polarity3, or a \.toml file"):
        find_labels("fer5")


@pytest.mark.parametrize(("names", "label_set"), [
    (("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"), AFFECTNET8),  # the folders of CK+48
    (FER7.names, FER7), (("Sad", "Happy"), FER3), (("negative", "positive"), POLARITY3),
    (("angry", "bored"), LabelSet("zoo", ("angry", "bored"))),
])
def test_names_find_the_smallest_set_that_knows_them_or_make_one(names, label_set):
    assert choose_label_set(names, "zoo") == label_set


def test_expressions_are_known_by_any_of_their_names():
    assert [is_expression(name) for name in ("Anger", "contempt", "negative", "2019", "boredom")] == [True] * 3 + [False] * 2


# -- the maps ---------------------------------------------------------------------------------------------------------

def test_six_labels_take_disgust_for_angry():
    assert [FER6.names[label] for label in map_labels(FER7, FER6)] == [
        "angry", "angry", "fear", "happy", "sad", "surprise", "neutral"]


def test_three_labels_leave_the_others_out():
    assert map_labels(FER7, FER3) == [-1, -1, -1, 0, 1, -1, 2]


def test_a_set_with_all_the_names_needs_no_map():
    assert named(FER7, AFFECTNET8) == {name: name for name in FER7.names}
    assert map_labels(FER3, FER7) == [3, 4, 6]
    assert map_labels(AFFECTNET7, FER7) == [6, 3, 4, 5, 2, 1, 0]


def test_contempt_is_left_out_where_there_is_none():
    for target in (FER7, AFFECTNET7):
        assert named(AFFECTNET8, target) == {**{name: name for name in FER7.names}, "contempt": None}
    assert named(AFFECTNET8, FER6)["disgust"] == "angry"


def test_six_labels_do_not_say_which_of_the_angry_are_disgusted():
    assert named(FER6, FER7) == {**{name: name for name in FER6.names}, "angry": None}


@pytest.mark.parametrize("source", [FER7, FER6, AFFECTNET8, AFFECTNET7], ids=lambda labels: labels.name)
def test_surprise_has_no_polarity(source):
    become = named(source, POLARITY3)
    assert become.pop("surprise") is None
    assert (become.pop("happy"), become.pop("neutral")) == ("positive", "neutral")
    assert set(become.values()) == {"negative"}


def test_a_polarity_does_not_map_to_an_expression():
    assert map_labels(FER3, FER3) == [0, 1, 2]
    with pytest.raises(ParameterError, match=re.escape(
            "labels polarity3 cannot be turned into fer7: there is no such map (of positive, negative)")):
        map_labels(POLARITY3, FER7)


def test_every_map_is_between_known_sets_and_leads_to_their_labels():
    for (source, target), renamed in MAPS.items():
        assert set(filter(None, renamed.values())) <= set(LABEL_SETS[target].names)
        assert len(map_labels(LABEL_SETS[source], LABEL_SETS[target])) == len(LABEL_SETS[source])


# -- sets in files ----------------------------------------------------------------------------------------------------

def test_a_file_gives_names_and_maps(moods):
    labels = find_labels(moods)
    assert (labels.name, labels.names) == ("moods", ("calm", "upset", "glad"))
    assert map_labels(FER7, labels) == [1, 1, 1, 2, 1, -1, 0]
    with pytest.raises(ParameterError, match=r"affectnet8 cannot be turned into moods: there is no such map \(of neutral, "):
        map_labels(AFFECTNET8, labels)


def test_a_label_that_the_file_does_not_rename_keeps_its_name(tmp_path):
    (tmp_path / "four.toml").write_text('names = ["happy", "low", "angry", "neutral"]\n[from.fer6]\nsad = "low"\nfear = "low"\n'
                                        'surprise = ""\n')
    assert map_labels(FER6, find_labels(str(tmp_path / "four.toml"))) == [2, 1, 0, 1, -1, 3]


def test_a_file_maps_the_labels_of_folders(tmp_path):
    (tmp_path / "seven.toml").write_text(f"names = {list(FER7.names)}\n[from.RAF-DB]\n1 = 'surprise'\n2 = 'fear'\nodd = ''\n")
    assert map_labels(LabelSet("RAF-DB", ("1", "2", "anger", "odd")), find_labels(tmp_path / "seven.toml")) == [5, 2, 0, -1]


def test_a_set_from_a_file_keeps_its_maps_in_a_pickle(moods):
    labels = find_labels(moods)
    kept = pickle.loads(pickle.dumps(labels))
    assert kept == labels
    assert map_labels(FER7, kept) == map_labels(FER7, labels)


def test_a_set_pickled_before_there_were_maps_is_still_known():
    old = LabelSet("fer6", FER6.names)
    del old.__dict__["maps"]
    assert pickle.loads(pickle.dumps(old)) == FER6
    assert map_labels(FER7, old) == map_labels(FER7, FER6)


@pytest.mark.parametrize(("text", "reason"), [
    ("names = [", "cannot be read ("),
    ("", "names None is not a list of two or more different labels"),
    ('names = "calm"', "names 'calm' is not a list"),
    ('names = ["calm"]', "names ['calm'] is not a list"),
    ('names = ["calm", "Calm"]', "is not a list of two or more different labels"),
    ('names = ["angry", "anger"]', "is not a list of two or more different labels"),
    ('names = ["calm", 3]', "names[1] 3 is not text"),
    ('names = ["calm", "upset"]\nlabels = 3', "labels 3 is not known; there are from, names"),
    ('names = ["calm", " "]', "is not a list of two or more different labels"),
    ('names = ["calm", "upset"]\n[from.fer7]\nsad = 3', "from.fer7.sad 3 is not text"),
    ('names = ["calm", "upset"]\nfrom = 3', "from 3 is not a table"),
    ('names = ["calm", "upset"]\n[from]\nfer7 = 3', "from.fer7 3 is not a table"),
    ('names = ["calm", "upset"]\n[from.fer7]\nsad = "low"', "[from.fer7] sad = 'low' is neither \"\" nor one of calm, upset"),
    ('names = ["calm", "upset"]\n[from.fer7]\nbored = "calm"', "[from.fer7] 'bored' is none of angry, disgust"),
])
def test_a_file_that_is_not_right_is_named_with_the_reason(moods, text, reason):
    moods.write_text(text)
    with pytest.raises(ParameterError, match=re.escape(reason)) as caught:
        find_labels(moods)
    assert str(caught.value).startswith(f"{moods}: ")


def test_a_file_does_not_take_another_set_s_name(moods):
    with pytest.raises(ParameterError, match=r"fer7\.toml: fer7 is the name of another set of labels; rename the file"):
        find_labels(moods.rename(moods.with_name("fer7.toml")))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ParameterError, match=r"none\.toml: cannot be read \(No such file or directory\)"):
        find_labels(tmp_path / "none.toml")


def test_a_model_learns_and_is_scored_by_the_labels_of_a_file(moods, made_table, tmp_path):
    made_table.save(tmp_path / "t.npz")
    succeeded("train", "--clf", "lda", "--store", tmp_path / "t.npz", "--out", tmp_path / "m.joblib", "--labels", moods)
    card = json.loads((tmp_path / "m.json").read_text())
    assert card["labels"] == {"set": "moods", "names": ["calm", "upset", "glad"]}
    scores = json.loads(succeeded("evaluate", tmp_path / "m.joblib", "--store", tmp_path / "t.npz", "--json"))
    assert scores["images"] == 60  # of 70, without surprise
    assert scores["accuracy"] > 0.8


# -- what files keep of them ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("labels", [None, *LABEL_SETS.values(), LabelSet("zoo", ("bored", "angry")),
                                    LabelSet("fer7", ("bored", "angry"))])
def test_a_record_gives_the_set_again(labels):
    assert restore_label_set(record_label_set(labels)) == labels


def test_a_record_of_a_name_only_is_of_a_known_set():
    assert restore_label_set({"label_set": "fer6"}) is FER6
    with pytest.raises(KeyError):
        restore_label_set({"label_set": "fer99"})


@pytest.mark.parametrize("content", [
    b"[" * 100_000, b"a = " + b"[" * 100_000, b"\xff\xfe", bytes(9), b"names = 3",
    b"names = ['a', 'b']\n[from.fer7]\nhappy = '" + b"c" * 10**5 + b"'\n", b"'" + b"c" * 10**5 + b"' = 1\n"])
def test_a_bad_file_of_labels_is_refused_in_a_short_line(tmp_path, content):
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(ParameterError, match=r"mine\.toml: ") as caught:
        find_labels(str(tmp_path / "mine.toml"))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000


def test_a_file_of_labels_may_begin_with_a_byte_order_mark_and_have_windows_lines(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbfnames = ["calm", "upset"]\r\n[from.fer7]\r\nhappy = "calm"\r\n')
    assert find_labels(str(tmp_path / "mine.toml")).names == ("calm", "upset")


def test_a_pipe_in_the_place_of_a_file_of_labels_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "mine.toml")
    with pytest.raises(ParameterError, match=r"cannot be read \(a pipe or a device, not a file\)"):
        find_labels(str(tmp_path / "mine.toml"))


def test_an_error_about_a_map_is_a_line_however_long_the_names_are(tmp_path):
    names = ", ".join(f'"{letter * 900}"' for letter in "ab")
    (tmp_path / "mine.toml").write_text(f'names = [{names}]\n[from.fer7]\nangry = "zap"\n')
    with pytest.raises(ParameterError) as refused:
        find_labels(str(tmp_path / "mine.toml"))
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(("source", "target", "mapped"), [
    (FER7, FER6, [0, 0, 1, 2, 3, 4, 5]), (FER6, FER7, [0, 2, 3, 4, 5, 6]), (AFFECTNET8, FER7, [6, 3, 4, 5, 2, 1, 0, -1]),
    (LabelSet("mine", ("Anger", "bored", "sad")), FER7, [0, -1, 4]), (POLARITY3, FER7, [-1, 6, -1])])
def test_labels_without_a_counterpart_are_left_out(source, target, mapped):
    assert map_known_labels(source, target) == mapped


def test_a_file_s_map_comes_before_equal_names(tmp_path):
    (tmp_path / "mine.toml").write_text('names = ["happy", "other"]\n[from.fer7]\nhappy = "other"\nsad = ""\n')
    mapped = map_known_labels(FER7, find_labels(tmp_path / "mine.toml"))
    assert mapped == [-1, -1, -1, 1, -1, -1, -1]
