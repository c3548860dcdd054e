from collections import namedtuple
from fractions import Fraction

import pytest

from featfer.images.video_times import USUAL_RATE, Clock, sane_rate

Stamped = namedtuple("Stamped", ("pts", "dts"))
INTERVAL = 0.04


def times(stamps, first=None, restarts=False):
    """Return the seconds of frames with these timestamps, in milliseconds; first: the first packet's, if not the frame's."""
    clock = Clock(Fraction(1, 1000), INTERVAL, restarts)
    clock.note_start(Stamped(stamps[0] if first is None else first, None))
    return [clock.next_time(Stamped(stamp, None)) for stamp in stamps]


@pytest.mark.parametrize(("stamps", "expected"), [
    ([0, 40, 80], [0, 0.04, 0.08]), ([5000, 5040, 9000], [0, 0.04, 4]), ([-80, -40, 0], [0, 0.04, 0.08]),
    ([0, None, None, 120], [0, 0.04, 0.08, 0.12]), ([None] * 3, [0, 0.04, 0.08]), ([0, 0, 0, 0], [0, 0.04, 0.08, 0.12]),
    ([0, 40, 20, 120], [0, 0.04, 0.08, 0.12]), ([0, 40, 90_000, 90_040], [0, 0.04, 90, 90.04]),
    ([0, 1000, 2000, 0, 1000], [0, 1, 2, 2.04, 3.04]), ([0, 40, 10**15, 10**15 + 40], [0, 0.04, 0.08, 0.12])],
    ids=["plain", "start", "negative", "missing", "none", "equal", "back", "pause", "restart", "absurd"])
def test_times_begin_at_zero_and_increase(stamps, expected):
    assert times(stamps) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("restarts", "expected"), [(True, [0, 0.04, 0.08, 0.12]), (False, [0, 0.04, 90, 90.04])])
def test_a_long_jump_is_a_new_piece_where_videos_are_joined(restarts, expected):
    assert times([0, 40, 90_000, 90_040], restarts=restarts) == pytest.approx(expected)


def test_a_video_whose_first_frames_are_lost_begins_where_they_were():
    assert times([3000, 3040], first=0) == pytest.approx([3, 3.04])


def test_frames_that_state_the_order_of_decoding_alone_are_timed_by_it():
    clock = Clock(Fraction(1, 25), INTERVAL, False)
    clock.note_start(Stamped(None, 10))
    assert [clock.next_time(Stamped(None, stamp)) for stamp in (10, 11, 30)] == pytest.approx([0, 0.04, 0.8])


@pytest.mark.parametrize(("said", "rate"), [(29.97, 29.97), (0.0, USUAL_RATE), (-1.0, USUAL_RATE), (float("nan"), USUAL_RATE),
                                            (90000.0, USUAL_RATE), (None, USUAL_RATE)])
def test_without_a_plausible_rate_the_usual_one_is_used(said, rate):
    assert sane_rate(said) == rate
