"""Crowds whose faces are counted, and pictures without a face."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.faces import without
from benchmarks.faces.crowds import count_faces, make_crowds

CELLS = [(0, 0, 100), (100, 0, 100)]


@pytest.mark.parametrize(("boxes", "found", "duplicates", "false"), [
    ([], 0, 0, 0), ([(20, 20, 80, 80)], 1, 0, 0), ([(20, 20, 80, 80), (25, 25, 90, 90), (120, 20, 180, 80)], 2, 1, 0),
    ([(70, 20, 130, 80)], 0, 0, 1), ([(45, 45, 55, 55)], 0, 0, 1), ([(0, 0, 200, 200)], 0, 0, 1)])
def test_boxes_in_a_crowd_are_on_a_face_or_false(boxes, found, duplicates, false):
    assert count_faces(boxes, CELLS) == {"true": 2, "found": found, "duplicates": duplicates, "false": false}


def test_crowds_are_portraits_side_by_side(tmp_path):
    for i in range(30):
        Image.new("RGB", (200, 200), (8 * i, 0, 0)).save(tmp_path / f"{i}.png")
    Image.new("RGB", (400, 200), "blue").save(tmp_path / "wide.png")
    crowds = make_crowds(sorted(tmp_path.iterdir()))
    for kind, pictures in crowds.items():
        picture, cells = pictures[0]
        middles = [tuple(picture[top + side // 2, left + side // 2].tolist()) for left, top, side in cells]
        assert len(set(middles)) == len(cells), kind
        assert all(blue == 0 for _, _, blue in middles), kind


def test_pictures_without_a_face_are_the_same_in_every_run(monkeypatch):
    monkeypatch.setattr(without, "WHOLE", without.WHOLE[:2])
    monkeypatch.setattr(without, "COMPUTED", 1)
    one, other = without.make_pictures(), without.make_pictures()
    assert len(one) == (2 + len(without.PARTS)) * (1 + without.CUTS) + 10
    assert [name for name, _ in one] == [name for name, _ in other]
    assert all(np.array_equal(picture, again) for (_, picture), (_, again) in zip(one, other, strict=True))
