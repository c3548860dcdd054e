import pytest

from featfer.faces.boxes import clip_box, compute_area, overlap, shared_area


def test_overlap_is_intersection_over_union():
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == overlap((0, 0, 10, 10), (20, 20, 30, 30)) == 0


@pytest.mark.parametrize(("one", "other", "area"), [
    ((0, 0, 10, 10), (5, 5, 20, 20), 25), ((0, 0, 10, 10), (10, 0, 20, 10), 0), ((0, 0, 10, 10), (2, 3, 4, 5), 4),
    ((0, 0, 1, 1), (5, 5, 6, 6), 0)])
def test_shared_area(one, other, area):
    assert shared_area(one, other) == shared_area(other, one) == area


def test_a_box_inside_out_has_no_area():
    assert compute_area((10, 0, 5, 20)) == 0
    assert compute_area((0, 0, 5, 20)) == 100


def test_a_box_is_clipped_to_its_image():
    assert clip_box((-5.5, 3.0, 120.0, 99.0), 100, 50) == (0.0, 3.0, 100, 50)
