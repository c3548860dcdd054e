import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs

from featfer.errors import DataError, WriteError
from featfer.evaluation.answer_tables import read_answers, write_answers

PHOTOGRAPHS = make_photographs([0, 2, 1], subjects=np.array(["ann", "", "bob"]))
ANSWERS = {"one": make_answers([0, None, 1], 0.7654321), "=two": make_answers([1, 1, 1])}


def test_a_row_for_each_photo_and_model(tmp_path):
    write_answers(tmp_path / "a.csv", [(PHOTOGRAPHS, ANSWERS)])
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[:3] == ["source,path,label,subject,model,faces,predicted,confidence,angry,happy,sad",
                         "made,0.png,angry,ann,one,1,angry,0.765432,0.765432,0.117284,0.117284",
                         "made,1.png,sad,,one,0,,,,,"]
    assert len(lines) == 7 and lines[4].split(",")[4] == "'=two"


def test_what_was_written_is_read(tmp_path):
    write_answers(tmp_path / "a.csv", [(PHOTOGRAPHS, ANSWERS)], digits=3)
    photographs, answers = read_answers(tmp_path / "a.csv")
    assert (photographs.source, photographs.names) == ("made", PHOTOGRAPHS.names)
    for name in ("ids", "truth", "subjects"):
        assert getattr(photographs, name).tolist() == getattr(PHOTOGRAPHS, name).tolist()
    assert list(answers) == list(ANSWERS)
    for name, of in answers.items():
        np.testing.assert_allclose(of.probabilities, ANSWERS[name].probabilities, atol=5e-4)
        assert of.faces.tolist() == ANSWERS[name].faces.tolist()


def test_a_table_is_replaced_and_nothing_else(tmp_path):
    for _ in range(2):
        write_answers(tmp_path / "a.csv", [(PHOTOGRAPHS, ANSWERS)])
    (tmp_path / "photos.csv").write_text("path,label\n")
    with pytest.raises(WriteError, match="is not a table of `featfer cross`"):
        write_answers(tmp_path / "photos.csv", [(PHOTOGRAPHS, ANSWERS)])


@pytest.mark.parametrize(("old", "new"), [
    ("source,path", "path,source"), ("made,2.png,happy,bob,one", "other,2.png,happy,bob,one"),
    ("made,2.png,happy,bob,one,1,happy,0.765432,0.117284,0.765432,0.117284\n", ""), ("0.png,angry", "0.png,bored"),
    ("0.117284", "much"), (",1,angry,", ",many,angry,"), ("0.765432,0.117284,0.117284", "0.765432,0.117284")])
def test_another_file_is_refused(tmp_path, old, new):
    write_answers(tmp_path / "a.csv", [(PHOTOGRAPHS, ANSWERS)])
    text = (tmp_path / "a.csv").read_text()
    assert old in text
    (tmp_path / "a.csv").write_text(text.replace(old, new))
    with pytest.raises(DataError, match=r"a\.csv: "):
        read_answers(tmp_path / "a.csv")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(DataError, match="is no table of `featfer cross --csv`"):
        read_answers(tmp_path / "a.csv")
