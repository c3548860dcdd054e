import numpy as np
import pytest

from featfer.analysis import rows as module
from featfer.analysis.parts import Parts
from featfer.analysis.rows import join_films

FACES = np.eye(128, dtype=np.float32)


def write_part(folder, first, tracks, samples=(), seconds=0.04, eyes=0.3):
    """Write a part with frames of one face each: of these tracks, and embeddings of persons for some of them."""
    numbers = np.arange(first, first + len(tracks))
    sample = np.array([at for at, _ in samples], int)
    Parts(folder).write(1.0, {
        "numbers": numbers, "seconds": numbers * seconds, "row": np.arange(len(tracks)), "track": np.array(tracks),
        "box": np.tile([0, 0, 9, 9], (len(tracks), 1)), "points": np.zeros((len(tracks), 68, 2)), "score": np.ones(len(tracks)),
        "eyes": np.full((len(tracks), 2), eyes), "sample": sample,
        "embeddings": FACES[[who for _, who in samples]].reshape(len(samples), 128)}, {"is_done": True})


def read(rows, name):
    return np.concatenate([arrays[name] for arrays in rows if name in arrays]).tolist()


def test_tracks_of_one_person_in_two_films_have_one_person(tmp_path):
    write_part(tmp_path / "a", 0, [1] * 4 + [2] * 4, [(at, at // 4) for at in range(8)])
    write_part(tmp_path / "b", 0, [1] * 4, [(at, 1) for at in range(4)])
    one, other = join_films({"a.mp4": tmp_path / "a", "b.mp4": tmp_path / "b"})
    assert (read(one, "track"), read(one, "person")) == ([1] * 4 + [2] * 4, [1] * 4 + [2] * 4)
    assert (read(other, "track"), read(other, "person")) == ([1] * 4, [2] * 4)


def test_a_track_that_another_person_takes_over_has_two_numbers_from_then_on(tmp_path):
    write_part(tmp_path / "a", 0, [5] * 4, [(at, 0) for at in range(4)])
    write_part(tmp_path / "a", 4, [5] * 4, [(at, 1) for at in range(4)])
    rows, = join_films({"a.mp4": tmp_path / "a"})
    assert read(rows, "track") == read(rows, "person") == [1] * 4 + [2] * 4


def test_a_track_without_samples_has_no_person(tmp_path):
    write_part(tmp_path / "a", 0, [3, 3])
    rows, = join_films({"a.mp4": tmp_path / "a"})
    assert (read(rows, "track"), read(rows, "person")) == ([1, 1], [0, 0])


def test_a_film_without_faces_has_its_frames(tmp_path):
    Parts(tmp_path / "a").write(1.0, {"numbers": np.arange(3), "seconds": np.arange(3.0)}, {"is_done": True})
    rows, = join_films({"a.mp4": tmp_path / "a"})
    assert [arrays["numbers"].tolist() for arrays in rows] == [[0, 1, 2]]


def test_blinks_are_found_person_by_person_over_all_parts(tmp_path, monkeypatch):
    asked = []

    def find_blinks(seconds, openness):
        asked.append((seconds.tolist(), openness.tolist()))
        return np.full(len(seconds), len(asked)), np.ones(len(seconds), bool)
    monkeypatch.setattr(module, "find_blinks", find_blinks)
    write_part(tmp_path / "a", 0, [1] * 3, [(at, 0) for at in range(3)], seconds=1)
    write_part(tmp_path / "a", 3, [2] * 3, [(at, 1) for at in range(3)], seconds=1, eyes=0.2)
    write_part(tmp_path / "a", 6, [3] * 3, [(at, 0) for at in range(3)], seconds=1, eyes=0.1)
    rows, = join_films({"a.mp4": tmp_path / "a"})
    assert read(rows, "closure") == [1] * 3 + [2] * 3 + [1] * 3
    assert asked == [([0, 1, 2, 6, 7, 8], pytest.approx([0.3] * 3 + [0.1] * 3)), ([3, 4, 5], pytest.approx([0.2] * 3))]
