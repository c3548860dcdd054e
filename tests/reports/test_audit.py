import numpy as np
import pytest
from helpers.photographs import make_answers, make_photographs

from featfer.errors import WriteError
from featfer.evaluation.audit import audit
from featfer.reports.audit import describe_audit, describe_found, format_differences, format_groups, format_recalls, write_audit


@pytest.fixture(scope="module")
def result():
    """Group m is always right, group f in half of the photos; two photos are of group <x>, one of none."""
    truth = np.arange(203) % 2
    is_wrong = (np.arange(203) % 4 > 1) & (np.arange(203) < 100)
    groups = np.array(["f"] * 100 + ["m"] * 100 + ["<x>"] * 2 + [""], object)
    photographs = make_photographs(truth, ("angry", "happy"), columns={"sex": groups})
    return audit(photographs, make_answers(np.where(is_wrong, 1 - truth, truth).tolist(), 0.9, 2), draws=100)


def test_groups_have_a_row_each(result):
    table = format_groups(result["columns"]["sex"])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert rows[0][:4] == ["group", "photos", "subjects", "mean recall"]
    assert rows[2][:4] == ["&lt;x&gt;", "2", "-", "too small"]
    assert rows[3][:3] == ["f", "100", "-"] and rows[3][3].startswith("50.0 (")
    assert rows[4][4] == "100.0 (100.0 to 100.0)" and rows[4][6].startswith("-10.0 (")
    assert "| f | 50.0 (" in format_recalls(result["columns"]["sex"])


def test_the_differences_come_surest_first(result):
    lines = format_differences(result["columns"]["sex"]).splitlines()[2:]
    assert len(lines) == result["comparisons"] == 6
    assert lines[0].startswith("| f minus m | ") and lines[-1].startswith("| f minus m | faces found | 0.0 (")


def test_what_was_found_is_said(result):
    found = describe_found(result)
    assert len(found) == 5
    accuracy = next(said for said in found if said.startswith("sex: accuracy"))
    assert accuracy.startswith("sex: accuracy of f is 50.0 points (") and "below that of m (corrected p " in accuracy
    assert any(said.startswith("sex: confidence minus accuracy of f is 50.0 points") and "above that of m" in said
               for said in found)
    assert describe_audit(result)[-2:] == ["sex: too small to be compared, with the number of photos: <x> (2).",
                                           "sex: unknown for 1 photo."]


def test_what_was_not_found_is_said(result):
    nothing = {**result, "columns": {}, "comparisons": 3}
    assert describe_found(nothing) == ["No difference between groups that chance does not explain (corrected p below 0.05)."]
    assert "no two groups that are large enough" in describe_found({**nothing, "comparisons": 0})[0]


def test_a_page(result, tmp_path):
    write_audit(result, tmp_path / "audit.md", "svm", "featfer audit svm photos.csv --group sex")
    text = (tmp_path / "audit.md").read_text()
    assert text.startswith("# Audit of svm on made\n") and "Mean recall is over angry, happy." in text
    column = result["columns"]["sex"]
    assert all(table in text for table in (format_groups(column), format_recalls(column), format_differences(column)))
    assert "- sex: accuracy of f" in text and "<x>" not in text
    write_audit(result, tmp_path / "audit.md", "svm", "again")
    (tmp_path / "mine.md").write_text("# Mine\n")
    with pytest.raises(WriteError, match="is not an audit of featfer"):
        write_audit(result, tmp_path / "mine.md", "svm", "featfer audit")
