import numpy as np
import pytest

from featfer.analysis.persons import CHANGED, SAME_PERSON, TrackSamples, collect_tracks, join_tracks, split_tracks

FACES = np.linalg.qr(np.random.default_rng(0).normal(size=(128, 128)))[0]  # persons at a distance of 1.4 of each other


def make_track(person, first, last, film=0, track=1, samples=5, noise=0.02):
    """Return the track of a person with samples at equal intervals."""
    frames = np.linspace(first, last, samples).round().astype(int).tolist()
    noise = np.random.default_rng(first).normal(0, noise, (samples, 128))
    embeddings = [value / np.linalg.norm(value) for value in FACES[person] + noise]
    return TrackSamples(film, track, first, last, frames, embeddings, dict.fromkeys(range(first, last + 1), 0.01))


def turn(distance):
    """Return a face at this distance from that of person 0."""
    angle = 2 * np.arcsin(distance / 2)
    return np.cos(angle) * FACES[0] + np.sin(angle) * FACES[1]


def test_tracks_of_one_person_are_joined_over_films():
    tracks = [make_track(0, 0, 50), make_track(1, 0, 50), make_track(1, 60, 90), make_track(0, 10, 40, film=1)]
    assert join_tracks(tracks) == [1, 2, 2, 1]


def test_two_tracks_in_one_frame_are_two_persons_however_alike():
    assert join_tracks([make_track(0, 0, 50), make_track(0, 50, 90)]) == [1, 2]
    assert join_tracks([make_track(0, 0, 50), make_track(0, 51, 90)]) == [1, 1]


def test_two_faces_of_a_frame_are_not_put_together_by_a_third_track():
    persons = join_tracks([make_track(0, 0, 50), make_track(0, 20, 70), make_track(0, 80, 99)])
    assert persons[0] != persons[1]
    assert persons[2] in persons[:2]


@pytest.mark.parametrize(("factor", "persons"), [(0.9, [1, 1]), (1.1, [1, 2])])
def test_persons_are_as_near_as_the_threshold_says(factor, persons):
    one, other = make_track(0, 0, 9, noise=0), make_track(0, 10, 19, noise=0)
    other.embeddings = [turn(factor * SAME_PERSON)] * 5
    assert join_tracks([one, other]) == persons


def test_a_track_of_too_few_samples_joins_a_person_but_is_none():
    tracks = [make_track(0, 0, 9), make_track(0, 10, 11, samples=2), make_track(1, 10, 11, samples=2)]
    assert join_tracks(tracks) == [1, 1, None]


def test_a_track_without_samples_is_nobody():
    assert join_tracks([make_track(0, 0, 9), make_track(0, 10, 12, samples=0)]) == [1, None]
    assert join_tracks([]) == []


def put_together(*tracks):
    """Return tracks, one after the other, as one, whose landmarks jump three frames before the second sample of each."""
    moves = dict.fromkeys(range(tracks[0].first, tracks[-1].last + 1), 0.01) | {track.first - 3: 0.4 for track in tracks[1:]}
    return TrackSamples(0, 7, tracks[0].first, tracks[-1].last, [frame for track in tracks for frame in track.frames],
                        [embedding for track in tracks for embedding in track.embeddings], moves)


def test_a_track_in_which_others_take_over_is_split_where_the_landmarks_jump():
    mixed = put_together(*(make_track(person, first, first + 40) for first, person in ((0, 0), (50, 1), (100, 2), (150, 0))))
    pieces = split_tracks([mixed])
    assert [(piece.first, piece.last, piece.track) for piece in pieces] == [
        (0, 46, 7), (47, 96, 7), (97, 146, 7), (147, 190, 7)]
    assert join_tracks(pieces) == [1, 2, 3, 1]


def test_a_face_that_changes_little_is_not_split():
    track = make_track(0, 0, 40, noise=0)
    track.frames, track.embeddings = list(range(0, 40, 4)), track.embeddings + [turn(0.9 * CHANGED)] * 5
    assert split_tracks([track]) == [track]


def test_samples_are_collected_over_the_parts_of_a_film():
    box, points = np.array([[0, 0, 10, 10]]), np.zeros((1, 68, 2))
    parts = [{"numbers": np.array([0, 5]), "row": np.array([0, 1, 1]), "track": np.array([1, 1, 2]), "sample": np.array([1]),
              "embeddings": 3 * FACES[:1], "box": box.repeat(3, 0), "points": points.repeat(3, 0)},
             {"numbers": np.array([9])},
             {"numbers": np.array([10]), "row": np.array([0]), "track": np.array([1]), "sample": np.array([0]),
              "embeddings": FACES[1:2], "box": box, "points": points + 5}]
    one, two = collect_tracks(4, parts)
    assert (one.film, one.track, one.first, one.last, one.frames) == (4, 1, 0, 10, [5, 10])
    assert np.allclose(one.embeddings, FACES[:2])
    assert one.moves == {0: 0, 5: 0, 10: 0.5}
    assert (two.track, two.first, two.last, two.frames) == (2, 5, 5, [])
