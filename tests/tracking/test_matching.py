from featfer.tracking.matching import match_boxes


def test_boxes_are_matched_for_the_most_overlap_in_all():
    first, second = (0, 0, 100, 100), (30, 0, 130, 100)
    assert match_boxes([(25, 0, 125, 100), (5, 0, 105, 100)], [first, second]) == {0: 1, 1: 0}
    assert match_boxes([(16, 0, 116, 100)], [first, second]) == {0: 1}


def test_boxes_that_hardly_overlap_are_not_matched():
    assert match_boxes([(60, 0, 160, 100)], [(0, 0, 100, 100)]) == {}
    assert match_boxes([(50, 0, 150, 100)], [(0, 0, 100, 100)]) == {0: 0}
    assert match_boxes([], [(0, 0, 1, 1)]) == match_boxes([(0, 0, 1, 1)], []) == {}
