import json

import pytest
from helpers.commands import refused, succeeded
from helpers.lists import write_faces


@pytest.fixture
def faces(tmp_path, crops):
    """A list of 24 faces of as many people, 12 each of two groups."""
    rows = [(("happy", "neutral")[i % 2], f"p{i}", "fm"[i // 12], "" if i else "A") for i in range(24)]
    return write_faces(tmp_path, crops, rows, "path,label,subject,Sex,camera")


def test_groups_are_printed(faces, tmp_path):
    said = succeeded("audit", "mlp", faces, "--group", "sex", "--group", "camera", "--least", 10, "--bootstrap", 100,
                     "--out", tmp_path / "audit.md").splitlines()
    assert said[0].startswith("faces.csv: 24 photos of 24 subjects; scored classes: happy, neutral.")
    assert "camera: too small to be compared, with the number of photos: A (1). camera: unknown for 23 photos." in said[0]
    assert said[2] == "By sex, in %:" and any(line.startswith("| f | 12 | 12 | ") for line in said)
    assert said[-1] == f"Wrote {tmp_path / 'audit.md'}" and (tmp_path / "audit.md").read_text().startswith("# Audit of mlp on ")


def test_json_has_every_comparison(faces):
    result = json.loads(succeeded("audit", "mlp", faces, "--group", "sex", "--least", 10, "--bootstrap", 100, "--json"))
    differences = result["columns"]["sex"]["differences"]
    assert result["comparisons"] == len(differences) and {(of["one"], of["other"]) for of in differences} == {("f", "m")}
    assert all(of["corrected_p"] >= of["p"] for of in differences)


@pytest.mark.parametrize(("words", "message"), [
    (("--group", "age"), "faces.csv: no column 'age'; it has path, label, subject, sex, camera"),
    ((), "Missing option '--group'"),
    (("--group", "sex", "--bootstrap", 10), "draws 10: an audit needs 100 samples or more"),
    (("--group", "sex", "--out", "faces.csv"), "it is read by the same command")])
def test_what_cannot_be_audited_is_refused(faces, monkeypatch, words, message):
    monkeypatch.chdir(faces.parent)
    assert message in refused("audit", "mlp", "faces.csv", *words)
