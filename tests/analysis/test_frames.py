from types import SimpleNamespace

import pytest

from featfer.analysis.frames import group_frames, select_frames

SECOND = [number / 25 for number in range(50)]


def frames(*seconds, size=0):
    pixels = SimpleNamespace(size=size)
    return [SimpleNamespace(number=number, seconds=value, pixels=pixels) for number, value in enumerate(seconds)]


def numbers(selected):
    return [frame.number for frame in selected]


def test_every_frame_is_selected_by_default():
    assert numbers(select_frames(frames(0, 0.001, 0.5, 9))) == [0, 1, 2, 3]


@pytest.mark.parametrize(("fps", "selected"), [(25, list(range(50))), (5, list(range(0, 50, 5))), (2, [0, 13, 25, 38]),
                                               (1000, list(range(50)))])
def test_the_first_frame_of_each_period_is_selected(fps, selected):
    assert numbers(select_frames(frames(*SECOND), fps)) == selected


def test_periods_follow_the_times_of_frames_where_the_rate_varies():
    assert numbers(select_frames(frames(0, 0.1, 0.9, 1.05, 1.2, 4.7, 4.9, 5.0), 1)) == [0, 3, 5, 7]


def test_groups_end_every_two_fifths_of_a_second():
    groups = list(group_frames(frames(*SECOND[:23])))
    assert [numbers(group) for group in groups] == [[0], list(range(1, 11)), list(range(11, 21)), [21, 22]]


def test_groups_go_on_after_those_of_an_earlier_run():
    assert [numbers(group) for group in group_frames(frames(*SECOND[:23])[11:], 0.4)] == [list(range(11, 21)), [21, 22]]


def test_groups_of_large_frames_are_short():
    groups = list(group_frames(frames(*SECOND[:10], size=30_000_000)))
    assert [len(group) for group in groups] == [1, 4, 4, 1]


def test_frames_far_apart_are_groups_of_their_own():
    assert [numbers(group) for group in group_frames(frames(0, 0.5, 1.0))] == [[0], [1], [2]]
