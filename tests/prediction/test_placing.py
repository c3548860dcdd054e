import pytest

from featfer.prediction.placing import covered_area, find_place, is_inside, place_all


def test_the_area_that_boxes_cover_is_summed():
    assert covered_area((0, 0, 10, 10), [(5, 5, 20, 20), (2, 3, 4, 5), (10, 0, 20, 10)]) == 25 + 4


@pytest.mark.parametrize(("box", "place"), [
    ((100, 100, 150.4, 150), (151, 100, 181, 120)),      # right of it, which no fraction of it reaches into
    ((250.5, 100, 295, 150), (220, 100, 250, 120)),      # left where there is no room at the right
    ((5, 100, 295, 150), (5, 150, 35, 170)),             # below
    ((5, 260, 295, 290), (5, 240, 35, 260))])            # above
def test_a_label_is_beside_its_box(box, place):
    assert find_place((30, 20), box, (300, 300), [box]) == place


def test_a_label_covers_as_little_as_possible():
    box, other = (0, 0, 300, 290), (0, 290, 200, 300)
    place = find_place((30, 10), box, (300, 300), [box, other])
    assert place == (270, 290, 300, 300)


def test_labels_of_several_boxes_are_clear_of_all():
    boxes = [(0, 0, 50, 50), (50, 0, 100, 50), (100, 0, 150, 50), (0, 60, 50, 110)]
    places = place_all([(40, 9)] * 4, boxes, (160, 120))
    assert all(is_inside(place, (160, 120)) for place in places)
    for at, place in enumerate(places):
        assert covered_area(place, [*boxes, *places[:at]]) == 0


def test_a_label_with_only_one_place_chooses_first():
    boxes = [(0, 0, 100, 100), (100, 0, 200, 90)]
    first, second = place_all([(100, 10), (100, 10)], boxes, (200, 110))
    assert (first, second) == ((0, 100, 100, 110), (100, 90, 200, 100))


def test_without_room_there_are_no_places():
    assert place_all([(40, 9)], [(0, 0, 100, 100)], (100, 100)) is None
    assert place_all([(400, 9)], [(0, 0, 10, 10)], (100, 100)) is None
