import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs, write_grey, write_list

from featfer.errors import DataError
from featfer.evaluation.photographs import load_photographs
from featfer.labels import FER3, FER6, FER7, find_labels


def test_angry_stays_angry_where_no_photo_happens_to_be_disgusted(tmp_path):
    source = write_list(tmp_path, [(name, 0) for name in FER6.names])
    _, _, photographs = load_photographs(source, FER7)
    assert photographs.left_out == {} and len(photographs) == 6


def test_a_file_maps_labels_of_one_s_own(tmp_path):
    (tmp_path / "mine.toml").write_text('names = ["calm", "upset"]\n[from.moods]\nbored = "calm"\ncross = "upset"\nodd = ""\n')
    source = write_list(tmp_path, [("bored", 0), ("cross", 0), ("odd", 0)])
    _, _, photographs = load_photographs(source, find_labels(tmp_path / "mine.toml"))
    assert (photographs.names, photographs.truth.tolist(), photographs.left_out) == (("calm", "upset"), [0, 1], {"odd": 1})


def test_a_source_without_a_place_for_any_label_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none of its labels, bored, has a place among happy, sad, neutral; --labels"):
        load_photographs(write_list(tmp_path, [("bored", 0)]), FER3)
    (tmp_path / "plain").mkdir()
    write_grey(tmp_path / "plain" / "a.png", 1)
    with pytest.raises(DataError, match="has no labels"):
        load_photographs(tmp_path / "plain", FER7)


def test_some_rows_are_kept_with_all_that_is_known_of_them():
    sexes = np.array(["f", "", "m"], object)
    photographs = make_photographs([0, 1, 2], subjects=np.array(["ann", "", "bob"]), columns={"sex": sexes})
    kept = photographs.keep(np.array([False, True, True]))
    assert (len(kept), kept.ids.tolist(), kept.truth.tolist()) == (2, ["1.png", "2.png"], [1, 2])
    assert (kept.subjects.tolist(), kept.columns["sex"].tolist()) == (["", "bob"], ["", "m"])
    assert len(make_photographs([0, 1]).keep([1])) == 1


def test_a_photo_without_probabilities_has_no_answer():
    assert make_answers([0, None]).has_answer.tolist() == [True, False]
