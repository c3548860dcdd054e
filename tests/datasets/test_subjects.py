"""Who is seen, by file names."""

import pytest

from featfer.datasets.subjects import parse_subject, parse_subjects


@pytest.mark.parametrize(("name", "subject"), [
    ("S010_004_00000017.png", "S010"), ("S999_001_00000018.png", "S999"), ("KA.AN1.39.tiff", "KA"), ("ym.su2.60.tiff", "YM"),
    ("S10_004_00000017.png", ""), ("Training_00000.png", ""), ("KA.XX1.39.tiff", ""), ("im0.png", ""), ("", ""),
])
def test_subjects_of_ck_and_jaffe(name, subject):
    assert parse_subject(name) == subject


def test_a_set_whose_names_tell_no_subject_has_none():
    assert parse_subjects(["a.png", "b.png"]) is None
    assert parse_subjects(name for name in ("a.png", "KA.AN1.39.tiff")).tolist() == ["", "KA"]
