import math

import numpy as np
import pytest
from helpers.videos import BOX, warp

from featfer.live.tracking import MAX_FACES, MISSES, FaceObservation, FrameObservation, Track, Tracker
from featfer.tracking.optical_flow import GreyFrame

HAPPY, SAD = np.array([1.0, 0.0]), np.array([0.0, 1.0])


@pytest.fixture(scope="module")
def still(texture):
    return GreyFrame(texture)


def observe(grey, *faces, tracks=(), has_detection=True, seconds=0.0):
    return FrameObservation(grey, seconds, list(tracks), has_detection, [FaceObservation(*face) for face in faces])


def make_tracker(grey, *boxes, smoothing=0.0):
    """Return a Tracker with a track of each box in a frame."""
    tracker = Tracker(smoothing)
    tracker.advance(grey)
    tracker.update(observe(grey, *((None, box, True, HAPPY) for box in boxes)))
    return tracker


# Smoothing

def test_smoothing_depends_on_time_not_on_the_number_of_frames():
    often, seldom = Track(1, BOX), Track(2, BOX)
    for track in (often, seldom):
        track.smooth(HAPPY, 0.0, 0.5)
    for i in range(1, 11):
        often.smooth(SAD, i / 20, 0.5)
    seldom.smooth(SAD, 0.5, 0.5)
    assert often.probabilities == pytest.approx(seldom.probabilities)
    assert seldom.probabilities == pytest.approx([math.exp(-1), 1 - math.exp(-1)])


def test_without_a_time_constant_the_last_frame_counts_alone():
    track = Track(1, BOX)
    for probabilities in (HAPPY, SAD):
        track.smooth(probabilities, 0.0, 0.0)
    np.testing.assert_array_equal(track.probabilities, SAD)


def test_the_label_stays_until_another_expression_leads_clearly():
    track, labels = Track(1, BOX), []
    for i, happy in enumerate((0.52, 0.47, 0.53, 0.46, 0.44, 0.48, 0.54, 0.56)):
        track.smooth(np.array([happy, 1 - happy]), 100.0 * i, 0.5)  # so late that the past no longer counts
        labels.append(track.label)
    assert labels == [0, 0, 0, 0, 1, 1, 1, 0]


def test_without_smoothing_the_label_is_the_likeliest():
    track, labels = Track(1, BOX), []
    for happy in (0.52, 0.49, 0.51, 0.1):
        track.smooth(np.array([happy, 1 - happy]), 0.0, 0.0)
        labels.append(track.label)
    assert labels == [0, 1, 0, 1]


# Tracks

def test_a_new_face_gets_a_track_with_its_probabilities(still):
    (track,) = make_tracker(still, BOX).tracks
    assert (track.id, track.box, track.lost, list(track.probabilities)) == (1, BOX, False, [1, 0])


def test_a_detection_moves_the_box_half_way_and_keeps_its_id(still):
    tracker = make_tracker(still, BOX)
    tracker.update(observe(still, (1, (260.0, 180.0, 380.0, 300.0), True, SAD), tracks=tracker.tracks, seconds=1.0))
    (track,) = tracker.tracks
    assert (track.id, track.box, list(track.probabilities)) == (1, (255, 180, 375, 300), [0, 1])


def test_an_observation_of_an_earlier_frame_is_moved_to_the_present_one(texture, still):
    tracker = Tracker(0.0)
    for dx in (0, 10, 20, 30):
        tracker.advance(still if dx == 0 else warp(texture, dx))
    tracker.update(observe(still, (None, BOX, True, HAPPY)))
    assert tracker.tracks[0].box == pytest.approx((280, 180, 400, 300), abs=1)


def test_a_track_ends_after_some_detections_without_its_face(still):
    tracker = make_tracker(still, BOX)
    for _ in range(MISSES - 1):
        tracker.update(observe(still, (1, BOX, False, HAPPY), tracks=tracker.tracks))
    assert [track.missed for track in tracker.tracks] == [MISSES - 1]
    tracker.update(observe(still, (1, BOX, False, HAPPY), tracks=tracker.tracks))
    assert tracker.tracks == []


def test_a_detection_resets_the_count_of_misses(still):
    tracker = make_tracker(still, BOX)
    for i in range(3 * MISSES):
        tracker.update(observe(still, (1, BOX, i % 3 == 2, HAPPY), tracks=tracker.tracks))
    assert [track.id for track in tracker.tracks] == [1]


def test_observations_without_detection_count_no_misses(still):
    tracker = make_tracker(still, BOX)
    for _ in range(3 * MISSES):
        tracker.update(observe(still, (1, BOX, False, SAD), tracks=tracker.tracks, has_detection=False))
    assert [(track.missed, list(track.probabilities)) for track in tracker.tracks] == [(0, [0, 1])]


def test_ids_are_never_given_twice(still):
    tracker = make_tracker(still, BOX)
    for _ in range(MISSES):
        tracker.update(observe(still, tracks=tracker.tracks))
    tracker.update(observe(still, (None, BOX, True, HAPPY)))
    assert [track.id for track in tracker.tracks] == [2]


def test_a_track_that_has_ended_is_not_revived_by_an_earlier_observation(still):
    tracker = make_tracker(still, BOX)
    (old,), tracker.tracks = tracker.tracks, []
    tracker.update(observe(still, (1, BOX, True, HAPPY), tracks=[old]))
    assert tracker.tracks == []


def test_a_face_that_leaves_the_frame_ends_its_track(texture, still):
    box = (20.0, 180.0, 120.0, 280.0)
    tracker = make_tracker(still, box, BOX)
    left = {}
    for dx in range(-10, -100, -10):
        tracker.advance(warp(texture, dx))
        left[dx] = [track.id for track in tracker.tracks]
    assert (left[-60], left[-80]) == ([1, 2], [2])  # half of it is outside at -70
    assert tracker.tracks[0].box == pytest.approx((160, 180, 280, 300), abs=2)


def test_a_track_that_the_flow_loses_keeps_its_id_for_the_next_detection(texture, still):
    tracker = make_tracker(still, BOX)
    other = GreyFrame(texture[::-1, ::-1].copy())
    tracker.advance(other)
    assert [(track.id, track.lost) for track in tracker.tracks] == [(1, True)]
    near = (262.0, 190.0, 382.0, 310.0)
    tracker.update(observe(other, (1, near, True, HAPPY), tracks=tracker.tracks))
    assert [(track.id, track.lost, track.box) for track in tracker.tracks] == [(1, False, near)]


def test_at_most_max_faces_are_followed(still):
    boxes = [(20.0 + 60 * i, 100.0, 70.0 + 60 * i, 150.0) for i in range(MAX_FACES + 2)]
    assert [track.id for track in make_tracker(still, *boxes).tracks] == list(range(1, MAX_FACES + 1))
