import numpy as np
import pytest
from helpers.videos import RATE, hopper, scene, write_video

import featfer
from featfer.analysis.analyzing import Analysis
from featfer.analysis.settings import AnalysisSettings
from featfer.errors import DataError, ParameterError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def film(tmp_path_factory, photo):
    """A film of a face, 12 frames."""
    pictures = [scene(number, (*hopper(photo), lambda n: (150 + n, 150)))[0] for number in range(12)]
    return write_video(tmp_path_factory.mktemp("films") / "face.mp4", pictures)


@pytest.fixture(scope="module")
def frame(film):
    return featfer.analyze(film, model="small", jobs=1)


def test_a_film_becomes_a_table(film, frame):
    assert frame.frame.tolist() == list(range(12))
    assert frame.time_s.tolist() == pytest.approx([number / RATE for number in range(12)], abs=1e-3)
    assert set(frame.film) == {str(film)}
    assert set(frame.track) == {1} and set(frame.person) == {1}
    assert frame.columns[15:22].tolist() == list(featfer.FER7.names)
    assert (frame[list(featfer.FER7.names)].sum(axis=1) - 1).abs().max() < 1e-4
    assert frame[["AU12", "pitch", "eye_left"]].notna().all(axis=None)


def test_two_processes_give_the_table_that_one_gives(film, frame, tmp_path):
    other = tmp_path / "other.mp4"
    other.write_bytes(film.read_bytes())
    both = featfer.analyze([film, other], model="small", jobs=2)
    numbers = [name for name in frame if name not in ("film", "status", "label")]
    for path in (film, other):
        rows = both[both.film == str(path)].reset_index(drop=True)
        assert np.allclose(rows[numbers].astype(float), frame[numbers].astype(float), atol=2e-6, equal_nan=True)


def test_landmarks_are_columns_if_wanted(film):
    frame = featfer.analyze(film, model="small", jobs=1, fps=5, landmarks=True)
    assert frame.columns[-136:].tolist() == [f"{axis}{number}" for number in range(1, 69) for axis in "xy"]
    box = frame[["left", "right"]].iloc[0]
    assert box.left - 20 < frame.x31.iloc[0] < box.right + 20


def test_what_was_measured_is_kept_and_other_settings_replace_it(film, tmp_path):
    featfer.analyze(film, tmp_path / "out", model="small", jobs=1)
    kept = {path.name for path in (tmp_path / "out" / "parts").iterdir()}
    featfer.analyze(film, tmp_path / "out", model="small", jobs=1)
    assert {path.name for path in (tmp_path / "out" / "parts").iterdir()} == kept
    featfer.analyze(film, tmp_path / "out", model="small", jobs=1, fps=5)
    now = {path.name for path in (tmp_path / "out" / "parts").iterdir()}
    assert len(now) == 1 and now != kept


def test_the_parts_of_a_film_whose_name_a_pattern_would_match_are_kept(film, tmp_path):
    for name in ("film1.mp4", "film[1].mp4"):
        (tmp_path / name).write_bytes(film.read_bytes())
        featfer.analyze(tmp_path / name, tmp_path / "out", model="small", jobs=1, fps=2)
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 2


def test_films_of_one_name_have_names_of_their_own(tmp_path):
    run = Analysis(["a/x.mp4", "b/x.mp4", "a/x.mp4", "y.mkv"], tmp_path, AnalysisSettings("small"))
    assert run.names == {"a/x.mp4": "x", "b/x.mp4": "x-2", "y.mkv": "y"}


def test_a_missing_film_is_an_error_and_the_others_are_kept(film, tmp_path):
    with pytest.raises(DataError, match=r"none\.mp4: no such file"):
        featfer.analyze([tmp_path / "none.mp4", film], tmp_path / "out", model="small", jobs=1)
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 1


@pytest.mark.parametrize(("option", "message"), [({"fps": -1}, "fps -1"), ({"reject": 2}, "reject 2"),
                                                 ({"smallest": 1}, "smallest face 1"), ({"affect": "svm"}, "affect svm")])
def test_bad_values_are_refused_before_any_work(film, option, message):
    with pytest.raises(ParameterError, match=message):
        featfer.analyze(film, model="small", **option)
