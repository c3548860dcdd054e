import json
from dataclasses import replace

import pytest

from featfer.analysis.settings import AnalysisSettings, load_models
from featfer.bundle.persist import find_bundle, load
from featfer.errors import BundleError, ParameterError
from featfer.features.precision import CHOICES
from featfer.labels import FER7


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 20_000)
    return path


def test_the_name_depends_on_the_film_and_on_every_setting(film, tmp_path):
    settings = AnalysisSettings("small")
    others = [replace(settings, model="svm"), replace(settings, affect="rf"), replace(settings, fps=5.0),
              replace(settings, smallest=50), replace(settings, labels="polarity3"), replace(settings, prior="uniform"),
              *(replace(settings, precision=precision) for precision in CHOICES)]
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes()[:-1] + b"x")
    names = [settings.identify(film), settings.identify(copy), *(other.identify(film) for other in others)]
    assert len(set(names)) == len(names)


def test_the_name_depends_on_what_is_in_the_file_of_shares(film, tmp_path):
    path = tmp_path / "shares.json"

    settings, names = AnalysisSettings("small", prior=str(path)), set()
    for happy in (1, 20):
        path.write_text(json.dumps({name: happy if name == "happy" else 1 for name in FER7.names}))
        names.add(settings.identify(film))
        assert load_models(settings)[0].prior["happy"] == pytest.approx(happy / (happy + 6))
    assert len(names) == 2


def test_auto_is_named_by_what_it_means_here(film, monkeypatch):
    names = set()
    for fastest in ("int8", "bf16", "float32"):
        monkeypatch.setattr("featfer.features.dlibnet.face_net.fastest_precision", lambda among, fastest=fastest: fastest)
        names |= {AnalysisSettings("small", precision="auto", device=device).identify(film) for device in (None, "cpu", "cuda")}
    assert len(names) == 3  # on a GPU it is bf16
    assert AnalysisSettings("small", precision="bf16").identify(film) in names
    assert len({AnalysisSettings("small", device=device).identify(film) for device in (None, "cpu", "cuda")}) == 1


def test_models_are_loaded_in_the_precision_of_the_settings():
    features = [load_models(AnalysisSettings("svm", affect=None, precision=precision))[0].features[0]
                for precision in (None, "int8")]
    assert [feature.precision for feature in features] == ["float32", "int8"]


def test_a_model_that_was_made_again_is_loaded_again(tmp_path):
    path = tmp_path / "mine.joblib"
    for name in ("small", "svm"):
        for suffix in (".joblib", ".json"):
            path.with_suffix(suffix).write_bytes(find_bundle(name).with_suffix(suffix).read_bytes())
        loaded, expected = load_models(AnalysisSettings(str(path)))[0], load(name)
        assert [feature.key for feature in loaded.features] == [feature.key for feature in expected.features]
    assert load_models(AnalysisSettings(str(path)))[0] is loaded


def test_a_moved_film_keeps_its_name(film, tmp_path):
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(film.read_bytes())
    assert AnalysisSettings("small").identify(film) == AnalysisSettings("small").identify(moved)


@pytest.mark.parametrize(("setting", "message"), [({"fps": 0}, "fps 0 is not above 0"), ({"fps": 1e6}, "at most 1,000"),
                                                  ({"smallest": 5}, "smallest face 5 is not from 20 to 2000")])
def test_settings_out_of_range_are_named(setting, message):
    with pytest.raises(ParameterError, match=message):
        AnalysisSettings(**setting).check()


def test_a_model_of_expressions_is_none_of_affect():
    with pytest.raises(ParameterError, match="affect svm: a model of expressions"):
        load_models(AnalysisSettings("small", affect="svm"))
    with pytest.raises(BundleError, match=r"nothing\.joblib: no such file"):
        load_models(AnalysisSettings("nothing.joblib"))
